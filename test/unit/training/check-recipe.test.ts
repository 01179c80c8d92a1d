import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../../src-main/contract/problem.ts';
import { SAMPLE_CLASSES } from '../../../src-main/datasets/sample.ts';
import { checkRecipe, requireRecipe } from '../../../src-main/training/check-recipe.ts';

const folder = new URL('../../../resources/recipes/', import.meta.url);
const camvid = () => JSON.parse(readFileSync(new URL('camvid-dsd.json', folder), 'utf8'));
const data = {
  classes: 11,
  splits: [
    { name: 'train', labelled: 367 },
    { name: 'val', labelled: 101 },
    { name: 'test', labelled: 0 },
  ],
};
const teacher = { network: { id: 'espnet', options: { p: 2, q: 8, form: 1 } }, outputs: 12 };

const found = (
  change: (recipe: ReturnType<typeof camvid>) => void,
  bound: Partial<Parameters<typeof checkRecipe>[1]> = {},
) => {
  const recipe = camvid();
  change(recipe);
  return checkRecipe(recipe, { data, teacher, ...bound });
};

test('an image by itself is no batch for a network that normalises means of whole images', () => {
  const alone = (id: string, batch: number, accumulate: number) =>
    found((r) => {
      r.student.network = { id, options: {} };
      r.batch = batch;
      r.memory = { ...r.memory, accumulate };
    }).filter(({ message }) => /two or more/.test(message));
  expect(alone('pspnet-r18', 1, 1)).toMatchObject([{ field: 'batch' }]);
  expect(alone('pspnet-r18', 4, 4)).toMatchObject([{ field: 'memory.accumulate' }]);
  expect(alone('pspnet-r18', 4, 2)).toEqual([]);
  expect(alone('espnet-c', 1, 1)).toEqual([]);
});

test('a method that is no mean over images takes the batch as a whole', () => {
  const asked = (term: object, accumulate = 2) =>
    found((r) => {
      r.methods = [{ method: 'ce', weight: 1 }, term];
      r.memory = { accumulate };
    });
  expect(asked({ method: 'dist', weight: 1 })).toMatchObject([
    { field: 'memory.accumulate', message: expect.stringContaining('dist is no mean over images') },
  ]);
  expect(asked({ method: 'dist', weight: 1 }, 1)).toEqual([]);
  expect(asked({ method: 'dist', weight: 1, params: { gamma: 0 } })).toEqual([]);
  expect(asked({ method: 'dist', weight: 0 })).toEqual([]);
});

test('a tap that is not there is named', () => {
  const methods = [{ method: 'at', weight: 1, params: { tap: 7 } }];
  expect(found((r) => Object.assign(r, { methods }))).toMatchObject([
    { field: 'methods.0.params.tap', message: expect.stringContaining('There is no tap 7') },
  ]);
});

test('auxiliary outputs are there to be trained, and learn by a cross-entropy', () => {
  const asked = (id: string, methods?: object[]) =>
    found((r) => {
      r.student = { network: { id, options: {} }, auxiliary: true };
      r.methods = methods ?? r.methods;
    }).filter(({ field }) => field === 'student.auxiliary');
  expect(asked('pspnet-r18')).toEqual([]);
  expect(asked('espnet-c')).toMatchObject([{ message: expect.stringContaining('has no auxiliary outputs') }]);
  expect(asked('pspnet-r18', [{ method: 'ce.ohem', weight: 1 }])).toEqual([]);
  expect(asked('pspnet-r18', [{ method: 'kd', weight: 1 }])).toMatchObject([
    { message: expect.stringContaining('learn by a cross-entropy') },
  ]);
});

test('a precision that the engine has no kernels for is refused, where the engine is known', () => {
  const asked = (precision: string, engine?: string) =>
    found(
      (r) => {
        r.precision = precision;
      },
      { engine },
    );
  expect(asked('bfloat16', 'wasm')).toEqual([
    {
      field: 'precision',
      message: 'The engine wasm computes in float32 only; take that, or the engine cuda or cpu.',
    },
  ]);
  expect(asked('float16', 'webgpu')).toMatchObject([{ field: 'precision' }]);
  expect(asked('float32', 'wasm')).toEqual([]);
  for (const engine of [undefined, 'auto', 'cpu', 'cuda']) expect(asked('float16', engine)).toEqual([]);
  expect(asked('float8')).toEqual([{ field: 'precision', message: 'It has to be float32 or bfloat16 or float16.' }]);
});

test.each(readdirSync(folder).filter((name) => name.endsWith('.json')))('%s can be run', (name) => {
  const recipe = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
  // The sample's recipes weigh the sample's classes.
  const sample = {
    data: { ...data, classes: SAMPLE_CLASSES.length },
    teacher: { ...teacher, outputs: SAMPLE_CLASSES.length },
  };
  expect(checkRecipe(recipe, name.startsWith('sample-') ? sample : { data, teacher })).toEqual([]);
});

describe('bad values are refused at their field, in words', () => {
  const cases: [field: string, words: RegExp, change: (recipe: ReturnType<typeof camvid>) => void][] = [
    [
      'schedule.steps',
      /at least 1/,
      (r) => {
        r.schedule.steps = 0;
      },
    ],
    [
      'schedule.steps',
      /number is expected/,
      (r) => {
        r.schedule.steps = 'many';
      },
    ],
    [
      'batch',
      /missing/,
      (r) => {
        delete r.batch;
      },
    ],
    [
      'optimizer.learningRate',
      /more than 0/,
      (r) => {
        r.optimizer.learningRate = 0;
      },
    ],
    [
      'optimizer.kind',
      /sgd/,
      (r) => {
        r.optimizer.kind = 'rmsprop';
      },
    ],
    [
      'augmentation.flip',
      /at most 1/,
      (r) => {
        r.augmentation.flip = 2;
      },
    ],
    [
      'augmentation.scale',
      /smaller one first/,
      (r) => {
        r.augmentation.scale = [2, 1];
      },
    ],
    [
      'schedule.warmup',
      /longer than the run/,
      (r) => {
        r.schedule.warmup = 431;
      },
    ],
    [
      'memory.accumulate',
      /batch of 8 images has no 3 parts/,
      (r) => {
        r.memory = { accumulate: 3 };
      },
    ],
    [
      'crop',
      /multiple of 8/,
      (r) => {
        r.crop = [176, 241];
      },
    ],
    [
      'lr',
      /no field lr/,
      (r) => {
        r.lr = 1;
      },
    ],
    [
      'schedule.step',
      /no field step/,
      (r) => {
        r.schedule.step = 1;
      },
    ],
    [
      'student.network.id',
      /no network called “no-such-net”.*stillroom models/,
      (r) => {
        r.student.network.id = 'no-such-net';
      },
    ],
    [
      'student.network.options.q',
      /from 1 to 40/,
      (r) => {
        r.student.network.options.q = 99;
      },
    ],
    [
      'methods',
      /All weights are 0/,
      (r) => {
        for (const term of r.methods) term.weight = 0;
      },
    ],
    [
      'methods.0.method',
      /no method.*dsd\.psd/,
      (r) => {
        r.methods[0].method = 'nosuch';
      },
    ],
    [
      'methods.1.method',
      /twice/,
      (r) => {
        r.methods[1] = r.methods[0];
      },
    ],
    [
      'methods.1.schedule.shape',
      /constant, linear, cosine/,
      (r) => {
        r.methods[1].schedule = { shape: 'steps' };
      },
    ],
    [
      'methods.1.schedule.from',
      /would begin at step 430 of a run of 430/,
      (r) => {
        r.methods[1].schedule = { shape: 'constant', from: 430 };
      },
    ],
    [
      'methods.1.schedule.to',
      /would end at step 5, but begins at step 9/,
      (r) => {
        r.methods[1].schedule = { shape: 'linear', from: 9, to: 5, start: 0, end: 1 };
      },
    ],
    [
      'methods.1.schedule.end',
      /from 0 to 0/,
      (r) => {
        r.methods[1].schedule = { shape: 'cosine', start: 0, end: 0 };
      },
    ],
    [
      'methods.2.params.tau',
      /tau/,
      (r) => {
        r.methods[2].params.tau = -1;
      },
    ],
    [
      'methods.1.params.pairs',
      /pairs/,
      (r) => {
        r.methods[1].params.pairs = 'some';
      },
    ],
    [
      'methods.0.params.classWeights',
      /2 class weights for 11 classes/,
      (r) => {
        r.methods[0].params = { classWeights: [1, 2] };
      },
    ],
    [
      'methods.1.taps.student',
      /no node “layer9”.*level1/,
      (r) => {
        r.methods[1].taps = { student: ['level1', 'layer9'], teacher: ['level1', 'level2'] };
      },
    ],
    [
      'methods.1.taps',
      /2 taps of the student and 1 of the teacher/,
      (r) => {
        r.methods[1].taps = { student: ['level1', 'level2'], teacher: ['level1'] };
      },
    ],
    [
      'data.split',
      /no split “training”.*train, val/,
      (r) => {
        r.data.split = 'training';
      },
    ],
    [
      'data.evaluationSplit',
      /No image of the split “test”/,
      (r) => {
        r.data.evaluationSplit = 'test';
      },
    ],
  ];
  test.each(cases)('%s: %s', (field, words, change) => {
    const problems = found(change);
    expect(problems.map((problem) => problem.field)).toEqual([field]);
    expect(problems[0].message).toMatch(words);
  });
});

test('a method that needs a teacher says so; one that is switched off does not', () => {
  expect(found(() => {}, { teacher: null }).map((problem) => problem.field)).toEqual(['teacher.model']);
  const off = (r: ReturnType<typeof camvid>) => {
    for (const term of r.methods.slice(1)) term.weight = 0;
  };
  expect(found(off, { teacher: null })).toEqual([]);
});

test('the average of the student’s own weights teaches where there is one and it is asked at each step', () => {
  const asked = (change: object, average: number | null = 0.99) =>
    found(
      (r) => {
        r.student.average = average;
        r.teacher = { model: 'average', ...change };
      },
      { teacher: null },
    );
  expect(asked({})).toEqual([]);
  expect(asked({}, null)).toMatchObject([{ field: 'student.average' }]);
  expect(asked({ cache: { mode: 'whole-image' } })).toMatchObject([{ field: 'teacher.cache.mode' }]);
});

test('teachers beside the first one need its classes and crop, and a method that reads their logits', () => {
  const other = { name: 'Other', network: { id: 'espnet-c', options: { p: 2, q: 8 } }, outputs: 12 };
  const withKd = (r: ReturnType<typeof camvid>) => r.methods.push({ method: 'kd', weight: 1 });
  expect(found(withKd, { others: [other] })).toEqual([]);
  expect(found(withKd, { others: [{ ...other, outputs: 10 }] })).toEqual([
    { field: 'teacher.others', message: expect.stringContaining('Other has 10 outputs') },
  ]);
  const onlyTaps = (r: ReturnType<typeof camvid>) => {
    r.methods = [
      { method: 'ce', weight: 1 },
      { method: 'dsd.psd', weight: 1 },
    ];
  };
  expect(found(onlyTaps, { others: [other] })).toEqual([
    {
      field: 'teacher.others',
      message:
        "dsd.psd reads taps, which are the first teacher's alone; add a method that reads logits, such as kd, or remove the others.",
    },
  ]);
  const average = (r: ReturnType<typeof camvid>) => {
    withKd(r);
    r.teacher = { model: 'average' };
    r.student.average = 0.9;
  };
  expect(found(average, { others: [other] })).toMatchObject([{ field: 'teacher.others' }]);
  expect(found((r) => (r.teacher = { others: [] })).map(({ field }) => field)).toEqual(['teacher.others']);
  expect(found((r) => (r.teacher = { combine: 'median' })).map(({ field }) => field)).toEqual(['teacher.combine']);
});

test('a teacher that knows fewer classes than the data set is refused', () => {
  expect(found(() => {}, { teacher: { ...teacher, outputs: 10 } })).toEqual([
    { field: 'teacher.model', message: expect.stringContaining('10 outputs') },
  ]);
});

test('without data set and teacher only what does not depend on them is judged', () => {
  expect(
    found(
      (r) => {
        r.data.split = 'x';
      },
      { data: null, teacher: null },
    ).map((p) => p.field),
  ).toEqual(['teacher.model']);
});

test('requireRecipe gives the recipe with its defaults, or throws the first problem', () => {
  expect(requireRecipe(camvid(), { data, teacher })).toMatchObject({
    optimizer: { beta2: 0.999 },
    schedule: { warmup: 0 },
  });
  const bad = { ...camvid(), batch: 0, seed: -1 };
  const error = (() => {
    try {
      requireRecipe(bad, { data, teacher });
    } catch (thrown) {
      return thrown;
    }
  })() as Problem;
  expect(error).toBeInstanceOf(Problem);
  expect(error.where).toBe('batch');
  expect(error.message).toContain('seed');
});
