/** Rows of what distillation costs over plain training; all sides are ours, in one process. */
import path from 'node:path';
import type { Recipe, Term } from '../../../src-main/contract/recipe.ts';
import { methods } from '../../../src-main/distillation/registry.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { STUDENT_PREPROCESSING } from '../../../src-main/training/normalise.ts';
import type { TrainJob } from '../../../src-main/training/session.ts';
import { weightsSha256, writeModel } from '../../../src-main/weights/model-file.ts';
import type { Bench } from '../bench.ts';
import { type Measured, missing, type RowSpec } from '../row.ts';
import { Side } from '../side.ts';
import { comparePairs } from '../statistics.ts';
import { bareData, camvidRecipe, familyTerms } from './jobs.ts';
import { SEED } from './networks.ts';

const CLASSES = 11;
const TEACHER = { id: 'espnet', options: { p: 2, q: 8 } };
const TEACHER_OUTPUTS = 12;

export const distillationRows: RowSpec[] = [familyRow('dsd', 1.05), familyRow('apd', 1.1)];

/** A step with the methods of a family, against a plain step and the teacher's forward pass together. */
function familyRow(family: string, goal: number): RowSpec {
  return {
    name: family,
    goal,
    measure: (bench) => measureFamily(bench, family),
    profile: (bench) => ({ request: { kind: 'distil', job: jobOf(bench, family) }, variant: 'distilled' }),
  };
}

async function measureFamily(bench: Bench, family: string): Promise<Measured> {
  if (familyTerms(family, methods).length === 0) return missing('seconds', `there is no method ${family}.* yet`);
  const side = Side.ours('./train/ours.ts', bench.threads);
  try {
    const { variants } = await side.open({ kind: 'distil', job: jobOf(bench, family) });
    const contestants = variants.map((name) => ({ name, run: (steps: number) => side.run(name, steps) }));
    const measured = await bench.inTurn(contestants);
    const [distilled, plain, teacher] = ['distilled', 'plain', 'teacher'].map((name) => measured.get(name)!);
    const together = plain.map((seconds, round) => seconds + teacher[round]);
    return { unit: 'seconds', ...comparePairs(distilled, together), peerName: 'ours: plain step + teacher forward' };
  } finally {
    side.close();
  }
}

/** The recipe that ships for CamVid, with the family's methods and a teacher of random weights. */
function jobOf(bench: Bench, family: string): TrainJob {
  const recipe = camvidRecipe();
  const terms = recipe.methods.filter(({ method }) => method === 'ce' || method.startsWith(`${family}.`));
  const own: Term[] = terms.length > 1 ? terms : [...terms, ...familyTerms(family, methods)];
  return {
    kind: 'train',
    folder: '',
    recipe: { ...recipe, methods: own } satisfies Recipe,
    data: bareData(CLASSES),
    evaluation: null,
    teacher: randomTeacher(bench),
    engine: 'auto',
  };
}

function randomTeacher(bench: Bench): string {
  const file = path.join(bench.folder('teacher'), 'teacher.safetensors');
  const weights = initialWeights(buildNetwork(TEACHER, TEACHER_OUTPUTS), SEED);
  const card = {
    name: 'random teacher',
    network: TEACHER,
    classes: bareData(CLASSES).classes,
    outputs: TEACHER_OUTPUTS,
    preprocessing: STUDENT_PREPROCESSING,
    licence: '',
    source: '',
    sha256: weightsSha256(weights),
  };
  writeModel(file, card, weights);
  return file;
}
