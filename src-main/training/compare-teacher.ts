/** What the teacher cache changes: the same crops, seen by the live teacher and taken from what it said of whole images. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { JobData, TeacherDifference } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import { imageSizeOf } from '../datasets/read-item.ts';
import { countsOn } from '../distillation/domains.ts';
import { methodOf, type Outputs, type Taught } from '../distillation/total.ts';
import { type Tensor4D, tf } from '../engine/tf.ts';
import { partsOf } from './accumulate.ts';
import { Loader } from './loader.ts';
import { pictureTensor } from './normalise.ts';
import { Session, type TrainJob } from './session.ts';
import { bytesNeeded, fillTeacherCache, mapTensor } from './teacher-cache.ts';
import { disposeTaught } from './teachers.ts';

/** Images that are looked at, spread over the data, and crops that are cut out of them. */
const IMAGES = 16;
const CROPS = 32;

/**
 * Cuts crops as the recipe's run would out of some of its images and compares, crop by crop, each map of each teacher and
 * the value of each term, the student being as it begins. Of a recipe with a target data set only what counts on the source
 * is looked at.
 * @throws Problem where no method of the recipe has a teacher there
 */
export async function compareTeacherCache(
  job: TrainJob,
  onProgress: (done: number, total: number) => void,
): Promise<TeacherDifference> {
  const methods = job.recipe.methods.filter((term) => countsOn(term, 'source'));
  const recipe = { ...job.recipe, methods: methods.map((term) => ({ ...term, domain: undefined })) };
  const turning = recipe.methods.find((term) => term.weight > 0 && methodOf(term).method.turned);
  if (turning) {
    throw new Problem(`${turning.method} reads images turned by 90° too, of which nothing can be kept.`, {
      where: 'methods',
      next: 'Leave it out to compare the others.',
    });
  }
  const session = await Session.open({ ...job, recipe }, null);
  const { teachers } = session;
  if (teachers.models.length === 0) {
    session.dispose();
    throw new Problem(
      'No method of this recipe asks a teacher about the labelled images, so there is nothing to compare.',
      {
        where: 'methods',
        next: 'Add one that does, with a weight.',
      },
    );
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'stillroom-teacher-'));
  const data = someOf(job.data);
  const steps = Math.ceil(CROPS / recipe.batch);
  const total = data.items.length + steps * recipe.batch;
  const maps = teachers.maps.flatMap((specs, k) => specs.map((spec) => ({ spec, teacher: k })));
  const measured = { maps: maps.map(() => [] as number[]), classes: [] as number[], terms: new Map<string, Pair[]>() };
  let live = 0;
  let loader: Loader | null = null;
  try {
    const options = { ...recipe.teacher.cache, maxBytes: Number.POSITIVE_INFINITY };
    const began = performance.now();
    const cached = await fillTeacherCache(teachers, data, folder, options, async (done) => {
      onProgress(done, total);
      return true;
    });
    const perImage = (performance.now() - began) / data.items.length;
    loader = new Loader(data, { ...recipe, schedule: { steps } }, cached);
    for (let step = 0; step < steps; step++) {
      const batch = await loader.batch(step);
      const asked = performance.now();
      const all = pictureTensor(batch.image, [recipe.batch, ...recipe.crop, 3]);
      const given = session.askTeacher(all)!;
      // One number that is read makes an engine finish that answers before it has computed.
      tf.tidy(() => given.logits.slice([0, 0, 0, 0], [1, 1, 1, 1]).dataSync());
      live = performance.now() - asked;
      all.dispose();
      disposeTaught(given);
      for (const [i, crop] of partsOf(batch, recipe.batch).entries()) {
        onProgress(data.items.length + step * recipe.batch + i, total);
        const pictures = pictureTensor(crop.image, [1, ...recipe.crop, 3]);
        const seen = session.askTeacher(pictures)!;
        const kept = teachers.cached(crop.taught!, 1);
        for (const [m, { spec, teacher }] of maps.entries()) {
          const truth = mapTensor(spec, outputsOf(seen, teacher), teachers.models[teacher].graph.logitsStride);
          const { logits, taps } = outputsOf(kept, teacher);
          const taken = spec.form === 'logits' ? logits : taps.get(spec.node)!;
          const { apart, otherClass } = difference(truth, taken);
          measured.maps[m].push(apart);
          if (spec.form === 'logits') measured.classes.push(otherClass);
          truth.dispose();
        }
        const values = [seen, kept].map((given) => session.values(crop, given));
        for (const [t, { id, value }] of values[0].entries()) {
          const pairs = measured.terms.get(id) ?? [];
          measured.terms.set(id, [...pairs, { live: value, cached: values[1][t].value }]);
        }
        pictures.dispose();
        for (const given of [seen, kept]) disposeTaught(given);
      }
    }
    const { format } = recipe.teacher.cache;
    const size = imageSizeOf(data.root, data.items[0].image);
    const bytes = teachers.maps.reduce((sum, specs) => sum + bytesNeeded(specs, size, format), 0);
    const images = job.data.items.filter(({ labels }) => labels !== null).length;
    return {
      images,
      crops: steps * recipe.batch,
      bytes: bytes * images,
      fillSeconds: (perImage * images) / 1000,
      teacherMsPerStep: live,
      maps: maps.map(({ spec: { node, form }, teacher }, m) => ({
        ...{ teacher: teachers.models[teacher].card.name, node, logits: form === 'logits' },
        ...meanAndWorst(measured.maps[m]),
      })),
      otherClass: meanAndWorst(measured.classes),
      terms: [...measured.terms].map(([id, pairs]) => ({
        id,
        live: mean(pairs.map((pair) => pair.live)),
        cached: mean(pairs.map((pair) => pair.cached)),
        ...meanAndWorst(pairs.map((pair) => relative(pair))),
      })),
    };
  } finally {
    await loader?.close();
    session.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What one of them gave, by its place. */
function outputsOf({ logits, taps, others }: Taught, teacher: number): Outputs {
  return teacher === 0 ? { logits, taps } : { logits: others!.logits[teacher - 1], taps: new Map() };
}

interface Pair {
  live: number;
  cached: number;
}

/** Labelled items from everywhere in the data. */
function someOf(data: JobData): JobData {
  const labelled = data.items.filter((item) => item.labels !== null);
  const count = Math.min(IMAGES, labelled.length);
  const items = Array.from({ length: count }, (_, i) => labelled[Math.floor((i * labelled.length) / count)]);
  return { ...data, items };
}

/** ‖b − a‖ / ‖a‖, and the share of cells in which another channel is the largest. */
function difference(a: Tensor4D, b: Tensor4D): { apart: number; otherClass: number } {
  const [square, whole, other] = tf.tidy(() => {
    const others = a.argMax(3).notEqual(b.argMax(3)).cast('float32');
    return tf.stack([b.sub(a).square().sum(), a.square().sum(), others.mean()]).dataSync();
  });
  return { apart: Math.sqrt(square / Math.max(whole, Number.MIN_VALUE)), otherClass: other };
}

function relative({ live, cached }: Pair): number {
  return live === cached ? 0 : Math.abs(cached - live) / Math.max(Math.abs(live), 1e-12);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meanAndWorst(values: readonly number[]): { mean: number; worst: number } {
  return { mean: mean(values), worst: Math.max(...values) };
}
