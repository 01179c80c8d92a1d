import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Ended, ended, makeCamvid, newWorkbench, ownFolder, request, start } from '../workbench/helpers.ts';

let own: ReturnType<typeof ownFolder>;
beforeEach(() => {
  own = ownFolder();
});
afterEach(() => own.remove());

function stillroom(...args: string[]): Promise<Ended> {
  return ended(start('src-main/cli/main.ts', args));
}

const inFolder = (...parts: string[]) => path.join(own.folder, ...parts);

test('--target adapts to a folder without labels; the run is evaluated on the source and says so', async () => {
  const data = makeCamvid(inFolder('streets'));
  makeCamvid(inFolder('others'), { train: 3 });
  const target = inFolder('night');
  cpSync(inFolder('others', 'train'), path.join(target, 'images', 'train'), { recursive: true });
  mkdirSync(path.join(target, 'labels'));
  writeFileSync(path.join(target, 'classes.txt'), 'unknown\n');
  const recipe = inFolder('adapt.json');
  const fields = {
    student: { network: { id: 'espnet-c', options: { p: 1, q: 1, width: 0.5 } }, average: 0.9 },
    teacher: { model: 'average' },
    methods: [
      { method: 'ce', weight: 1 },
      { method: 'ce.pseudo', weight: 1, domain: 'target' },
    ],
    ...{ schedule: { steps: 2 }, batch: 2, crop: [32, 32], checkpoint: { every: 9 } },
  };
  writeFileSync(recipe, JSON.stringify({ version: 1, name: 'adapt', data: {}, ...fields }));
  const args = ['run', recipe, '--data', data, '--project', inFolder('p')];
  const without = await stillroom(...args);
  expect(without.code).toBe(1);
  expect(without.err).toMatch(/methods\.1\.domain: There is no target data set to count on/);
  const unnamed = await stillroom(...args, '--set', 'target.split=train');
  expect(unnamed.err).toMatch(/names no data set for it.*--target/);

  const { code, out, err } = await stillroom(...args, '--target', target, '--json');
  expect({ code, err }).toMatchObject({ code: 0 });
  const { run, steps, metrics } = JSON.parse(out);
  expect(steps).toBe(2);
  expect(metrics.pixelAccuracy).toBeGreaterThan(0);
  const again = await stillroom('run', '--resume', run, '--project', inFolder('p'));
  expect(again.out).toMatch(/mIoU \d+\.\d\d on val of streets\n/);
  const host = newWorkbench();
  await host.openProject(inFolder('p'), { create: false });
  try {
    const detail = await request(host, 'runs.get', { run });
    expect(detail).toMatchObject({ datasetName: 'streets', targetName: 'night' });
    expect(detail.metrics).toContain('ce.pseudo@target.value');
    expect(detail.events.map(({ text }) => text)).toContain(
      'Evaluated on val of the source streets: the target night has no labels in val.',
    );
    expect(detail.recipe.target).toEqual({ dataset: null, split: 'train', evaluationSplit: 'val' });
  } finally {
    await host.close({ stopRuns: true });
  }
}, 240_000);
