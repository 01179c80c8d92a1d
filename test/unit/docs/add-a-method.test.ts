/** docs/add-a-method.md, followed word for word in a copy of the sources. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../..');
const copy = mkdtempSync(path.join(os.tmpdir(), 'stillroom-method-'));
afterAll(() => rmSync(copy, { recursive: true, force: true }));

const page = readFileSync(path.join(root, 'docs/add-a-method.md'), 'utf8');

/** The code block of a language that comes first after some words. */
function block(language: string, after: string): string {
  const from = page.indexOf(after);
  expect(from, `the page says “${after}”`).toBeGreaterThanOrEqual(0);
  return new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(page.slice(from))![1];
}

test('the page’s method is one file and one entry, and gives what the page says', async () => {
  for (const name of ['bin', 'src-main', 'resources', 'package.json', 'package-lock.json', 'tsconfig.json']) {
    cpSync(path.join(root, name), path.join(copy, name), { recursive: true });
  }
  cpSync(path.join(root, 'test/conformance/golden/losses.npz'), path.join(copy, 'test/conformance/golden/losses.npz'));
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));

  const file = 'src-main/distillation/methods/logits-mse.ts';
  writeFileSync(path.join(copy, file), block('ts', `\`${file}\`:`), { flag: 'wx' });

  const entry = block('ts', 'In `src-main/distillation/registry.ts`');
  const registry = path.join(copy, 'src-main/distillation/registry.ts');
  const before = readFileSync(registry, 'utf8');
  const after = before
    .replace("import { kd } from './methods/kd.ts';\n", (line) => line + entry)
    .replace(/(export const methods: readonly Method\[\] = \[[^\]]*?),?\n?\];/, '$1, logitsMse];');
  expect(after.split('logitsMse')).toHaveLength(3);
  writeFileSync(registry, after);

  const command = block('sh', '## 3.').trim();
  expect(command).toMatch(/^npx stillroom /);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['bin/stillroom.mjs', ...command.split(' ').slice(2)],
    { cwd: copy, env: { ...process.env, STILLROOM_ENGINE: 'wasm' } },
  );
  const [answer, said] = [JSON.parse(stdout), JSON.parse(block('json', '## 3.'))];
  expect(answer.value / said.value).toBeCloseTo(1, 5);
  expect(answer.gradientNorms['student.logits'] / said.gradientNorms['student.logits']).toBeCloseTo(1, 5);
}, 180_000);
