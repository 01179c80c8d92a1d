#!/usr/bin/env node
/** `npm run study`: what each method brings to a student. See docs/results.md. */
import { runOnElectron } from './on-electron.mjs';

await runOnElectron('test/study/main.ts', ['main']);
