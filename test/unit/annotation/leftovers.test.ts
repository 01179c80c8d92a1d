/** An export that is killed leaves a hidden folder, which the next one beside it takes away. */
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Export, exportItem } from '../../../src-main/annotation/export.ts';
import { formatOf } from '../../../src-main/annotation/registry.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { makeCamvid, ownFolder, start } from '../workbench/helpers.ts';

let own: ReturnType<typeof ownFolder>;
beforeEach(() => {
  own = ownFolder();
});
afterEach(() => own.remove());

test('what a killed export left is taken away, what is going on and what is not ours is not', async () => {
  const data = makeCamvid(path.join(own.folder, 'streets'));
  const out = path.join(own.folder, 'out');
  const hidden = () => readdirSync(out).filter((name) => name.startsWith('.'));
  const begin = async (name: string) => {
    const child = start('test/unit/annotation/begin-export.ts', [data, path.join(out, name)]);
    await once(child.stdout!, 'data');
    return child;
  };
  const [killed, going] = [await begin('killed'), await begin('going')];
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  for (const name of ['.a.elsewhere-1-0.export', '.config', '.b.tmp']) mkdirSync(path.join(out, name));
  expect(hidden().filter((name) => name.startsWith('.killed.'))).toHaveLength(1);

  const { root, table, name, classes, items } = openDataset(data);
  const dataset = { name, classes, items: items.map(exportItem), ignoring: 0, shaped: false };
  const next = new Export(
    { root, table, dataset, files: items, instances: () => ({}) },
    formatOf('png'),
    path.join(out, 'next'),
    false,
  );
  while (next.next() !== null);
  expect(hidden().filter((one) => !one.startsWith('.going.'))).toEqual([
    '.a.elsewhere-1-0.export',
    '.b.tmp',
    '.config',
  ]);
  expect(hidden().filter((one) => one.startsWith('.going.'))).toHaveLength(1);
  expect(readdirSync(out)).toContain('next');
  going.kill('SIGKILL');
  await once(going, 'exit');
});
