/** Rows of what distillation costs over plain training; all sides are ours, in one process. */
import path from 'node:path';
import type { Term } from '../../../src-main/contract/recipe.ts';
import { methods } from '../../../src-main/distillation/registry.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { STUDENT_PREPROCESSING } from '../../../src-main/training/normalise.ts';
import type { TrainJob } from '../../../src-main/training/session.ts';
import { weightsSha256, writeModel } from '../../../src-main/weights/model-file.ts';
import type { Bench } from '../bench.ts';
import type { Measured, RowSpec } from '../row.ts';
import { Side } from '../side.ts';
import { comparePairs } from '../statistics.ts';
import { trainData } from './data.ts';
import { bareData, camvidRecipe, ENDLESS, termOf } from './jobs.ts';
import { SEED } from './networks.ts';
import type { OursRequest } from './ours.ts';

const CLASSES = 11;
const TEACHER = { id: 'espnet', options: { p: 2, q: 8 } };
const TEACHER_OUTPUTS = 12;
/** Images whose outputs are cached: enough for each step to have others, few enough to be asked about in seconds. */
const CACHED_IMAGES = 48;

/** DSD as in the recipe that ships for CamVid. */
const DSD = camvidRecipe().methods.filter(({ method }) => method.startsWith('dsd.'));
/** APD as its authors add it up: L_pd and L_pa with adapters, and L_kl. */
const APD = [termOf('apd'), termOf('kd', { reduction: 'mean' }, 10)];

export const distillationRows: RowSpec[] = [termsRow('dsd', 1.05, DSD), termsRow('apd', 1.1, APD), cachedRow()];

/** One for each method beside plain cross-entropy, with its own weight; none for those that need a second data set. */
export function methodRows(): RowSpec[] {
  return methods
    .filter(({ id, needsBoth }) => id !== 'ce' && !needsBoth)
    .map(({ id, teacher }) => termsRow(id, 1.15, [termOf(id)], teacher));
}

/** A step with these terms beside cross-entropy, against a plain step and, where they ask one, the teacher's forward pass. */
function termsRow(name: string, goal: number, terms: Term[], taught = true): RowSpec {
  const request = (bench: Bench): OursRequest => ({ kind: 'distil', job: distilJob(bench, terms, bareData(CLASSES)) });
  return {
    name,
    goal,
    async measure(bench) {
      const measured = await measureWays(bench, request(bench));
      const [distilled, plain, teacher] = ['distilled', 'plain', 'teacher'].map((way) => measured.get(way)!);
      const peer = plain.map((seconds, round) => seconds + (taught ? teacher[round] : 0));
      const peerName = taught ? 'ours: plain step + teacher forward' : 'ours: plain step';
      return { unit: 'seconds', ...comparePairs(distilled, peer), peerName };
    },
    profile: (bench) => ({ request: request(bench), variant: 'distilled' }),
  };
}

/** A DSD step that takes its teacher from the cache, against a plain step; both with the loader's work beside them. */
function cachedRow(): RowSpec {
  return {
    name: 'dsd.cached',
    goal: 1.15,
    async measure(bench): Promise<Measured> {
      const { name, data } = await trainData(bench);
      const some = { ...data, items: data.items.slice(0, CACHED_IMAGES) };
      const job = { ...distilJob(bench, DSD, some), teacherCache: bench.folder('teacher-cache') };
      const measured = await measureWays(bench, { kind: 'cached', job });
      const compared = comparePairs(measured.get('distilled')!, measured.get('plain')!);
      return { unit: 'seconds', ...compared, peerName: `ours: plain step (both on ${name}, with the loader)` };
    },
  };
}

async function measureWays(bench: Bench, request: OursRequest): Promise<Map<string, number[]>> {
  const side = Side.ours('./train/ours.ts', bench.threads);
  try {
    const { variants } = await side.open({ ...request });
    return await bench.inTurn(variants.map((name) => ({ name, run: (steps) => side.run(name, steps) })));
  } finally {
    await side.close();
  }
}

/** The recipe that ships for CamVid, with these terms beside cross-entropy and a teacher of random weights. */
function distilJob(bench: Bench, terms: Term[], data: TrainJob['data']): TrainJob {
  const recipe = camvidRecipe();
  return {
    kind: 'train',
    folder: '',
    recipe: { ...recipe, methods: [termOf('ce'), ...terms], schedule: { ...recipe.schedule, steps: ENDLESS } },
    data,
    evaluation: null,
    teacher: randomTeacher(bench, data.classes),
    engine: 'auto',
  };
}

/** A file of a teacher for these classes, of random weights: what it says costs as much as if it were true. */
export function randomTeacher(bench: Bench, classes: TrainJob['data']['classes']): string {
  const file = path.join(bench.folder('teacher'), 'teacher.safetensors');
  const weights = initialWeights(buildNetwork(TEACHER, TEACHER_OUTPUTS), SEED);
  const card = {
    name: 'random teacher',
    network: TEACHER,
    classes,
    outputs: TEACHER_OUTPUTS,
    preprocessing: STUDENT_PREPROCESSING,
    licence: '',
    source: '',
    sha256: weightsSha256(weights),
  };
  writeModel(file, card, weights);
  return file;
}
