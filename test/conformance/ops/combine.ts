import { kindRun } from './kind.ts';

export const multiply = kindRun('multiply');
