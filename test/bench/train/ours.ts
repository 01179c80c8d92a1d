/** Our side: the product's own sessions and networks, told what to do by side.ts. */

import { startEngine } from '../../../src-main/engine/choose.ts';
import { type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { Loader } from '../../../src-main/training/loader.ts';
import { frozenModel, openModel } from '../../../src-main/training/model.ts';
import { normalise, pictureTensor, STUDENT_PREPROCESSING } from '../../../src-main/training/normalise.ts';
import { Session, type TrainJob } from '../../../src-main/training/session.ts';
import { fillTeacherCache } from '../../../src-main/training/teacher-cache.ts';
import { profileWork } from '../profile.ts';
import { serve, type Work } from '../serve.ts';
import { bareData, plainJob, withCache, withoutTeacher } from './jobs.ts';
import { inferenceWeights, type NetworkCase, noiseBatch, parametersOf } from './networks.ts';

export type OursRequest =
  | { kind: 'step'; case: NetworkCase }
  | { kind: 'inference'; case: NetworkCase }
  /** A network's step in bfloat16, and in float32. */
  | { kind: 'half'; case: NetworkCase }
  /** The given job's step, the same without its teacher's terms, and the teacher's forward pass. */
  | { kind: 'distil'; job: TrainJob }
  /** The given job's step with the teacher cache, and the same without its teacher's terms; both on its data. */
  | { kind: 'cached'; job: TrainJob };

/** Side of the squares of one class that labels of a distillation row are made of: noise would be all borders. */
const SQUARE = 16;
/** Step 0, like one in fifty, also takes the gradient norms of the single terms: this one is as most are. */
const STEP = 1;

const works = new Map<string, Work>();

await serve({
  works,
  async open(request: OursRequest) {
    const { id, name } = await startEngine();
    const engine = { name, cuda: id === 'cuda' };
    if (request.kind === 'step') return { ...engine, ...(await openStep(request.case)) };
    if (request.kind === 'inference') return { ...engine, ...openInference(request.case) };
    if (request.kind === 'half') return { ...engine, ...(await openHalf(request.case)) };
    await (request.kind === 'distil' ? openDistillation : openCached)(request.job);
    return { ...engine, variants: [...works.keys()] };
  },
  async profile(variant, steps) {
    return profileWork(works.get(variant)!, steps);
  },
});

async function openStep(one: NetworkCase) {
  const { work, loss } = await training(plainJob(one));
  works.set('step', work);
  return { variants: ['step'], parameters: parametersOf(buildNetwork(one.network, one.outputs)), value: loss };
}

async function openHalf(one: NetworkCase) {
  const job = plainJob(one);
  for (const precision of ['bfloat16', 'float32'] as const) {
    works.set(precision, (await training({ ...job, recipe: { ...job.recipe, precision } })).work);
  }
  return { variants: [...works.keys()] };
}

/** @returns a step of the job on one batch of noise, which has been done once, and the loss that it had */
async function training(job: TrainJob, square = 1): Promise<{ work: Work; loss: number }> {
  const session = await Session.open(job, null);
  const { recipe, data } = job;
  const batch = noiseBatch(recipe.batch, recipe.crop, data.classes.length, square);
  const { loss } = session.step(batch, STEP);
  const work = () => {
    session.step(batch, STEP);
  };
  return { work, loss };
}

function openInference(one: NetworkCase) {
  const { batch, size, network, outputs } = one;
  const graph = buildNetwork(network, outputs);
  const card = {
    name: one.name,
    network,
    classes: bareData(outputs).classes,
    outputs,
    preprocessing: STUDENT_PREPROCESSING,
    licence: '',
    source: '',
    sha256: '',
  };
  const { executable } = frozenModel(card, inferenceWeights(graph));
  const pictures = pictureTensor(noiseBatch(batch, size, outputs).image, [batch, ...size, 3]);
  const input = normalise(pictures, STUDENT_PREPROCESSING);
  works.set('forward', () => finish(executable.forward(input).logits));
  const { logits } = executable.forward(input);
  const value = Math.sqrt(logits.dataSync<'float32'>().reduce((sum, x) => sum + x * x, 0));
  logits.dispose();
  return { variants: ['forward'], parameters: parametersOf(graph), value };
}

async function openDistillation(job: TrainJob): Promise<void> {
  const { recipe } = job;
  const { executable, card } = await openModel(job.teacher!);
  const batch = noiseBatch(recipe.batch, recipe.crop, job.data.classes.length);
  const pictures = pictureTensor(batch.image, [recipe.batch, ...recipe.crop, 3]);
  works.set('distilled', (await training(job, SQUARE)).work);
  works.set('plain', (await training(withoutTeacher(job), SQUARE)).work);
  works.set('teacher', () => teach(pictures));

  function teach(pictures: Tensor4D): void {
    const input = normalise(pictures, card.preprocessing);
    finish(executable.forward(input).logits);
    input.dispose();
  }
}

/**
 * Waits until a tensor is there, and disposes it: a graphics processor computes on when its ops have been called. One
 * element is read; like PyTorch's, the others stay where they are.
 */
function finish(y: Tensor4D): void {
  const first = tf.slice(y, [0, 0, 0, 0], [1, 1, 1, 1]);
  first.dataSync();
  tf.dispose([first, y]);
}

async function openCached(job: TrainJob): Promise<void> {
  works.set('distilled', await loaded(withCache(job)));
  works.set('plain', await loaded(withoutTeacher(job)));
}

/** A step of the job on batches of its loader, the teacher cache filled where the job has one. */
async function loaded(job: TrainJob): Promise<Work> {
  const { recipe, data, teacherCache } = job;
  const session = await Session.open(job, null);
  const { teachers } = session;
  const filled =
    teachers.models.length > 0
      ? await fillTeacherCache(teachers, data, teacherCache!, recipe.teacher.cache, async () => true)
      : null;
  const loader = new Loader(data, recipe, filled);
  let next = 0;
  return async () => {
    session.step(await loader.batch(next++), STEP);
  };
}
