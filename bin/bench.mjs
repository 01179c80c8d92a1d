#!/usr/bin/env node
/** `npm run bench`: how fast we are, held against others on the same machine. See docs/performance.md. */
import { runOnElectron } from './on-electron.mjs';

await runOnElectron('test/bench/main.ts', ['main', 'renderer']);
