import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { methodsPage } from './methods-page.ts';

const file = path.join(import.meta.dirname, '../../../docs/methods.md');

test('docs/methods.md says what stands in the methods’ files; npm run methods writes it anew', () => {
  if (process.env.STILLROOM_METHODS === 'renew') writeFileSync(file, methodsPage());
  expect(readFileSync(file, 'utf8')).toBe(methodsPage());
});
