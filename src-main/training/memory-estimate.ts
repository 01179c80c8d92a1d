/**
 * How much memory a run needs at its peak, told from its recipe before it begins: the arrays that are alive at once in
 * each phase of a step, on top of what the engine takes for itself.
 */
import { total } from '../base/total.ts';
import type { MemoryEstimate, MemoryNeed, MemoryOptions } from '../contract/memory.ts';
import type { ModelCard } from '../contract/model.ts';
import { type Recipe, taughtByAverage } from '../contract/recipe.ts';
import type { OwnArray } from '../distillation/method.ts';
import { methodById } from '../distillation/registry.ts';
import { type BoundTerm, methodOf } from '../distillation/total.ts';
import { TURNS } from '../distillation/turns.ts';
import { type Graph, heldElsewhere, nodeSizes, sizeOf } from '../networks/graph.ts';
import { graphMemory } from '../networks/memory.ts';
import type { Size3 } from '../networks/node-kind.ts';
import { buildNetwork } from '../networks/registry.ts';
import { AVERAGE_VECTORS } from './average.ts';
import { BATCHES_HELD, loaderLimits } from './loader.ts';
import { plainUpdateVectors, slotNames } from './optimizer.ts';
import { lossShapes, ownArraysOf } from './own-arrays.ts';
import { sidesOf } from './sides.ts';
import { logitsMap, teacherMaps } from './teacher-cache.ts';
import { teacherGraph } from './teacher-graph.ts';
import { croppedSize } from './teacher-maps.ts';
import { studentGraph, termsOf } from './terms.ts';

const FLOAT = 4;

/**
 * `baseline`: what a worker takes before its first array, in bytes: Node, the engine's library, and what it compiles and
 * keeps for its kernels; by measurement (`stillroom memory RECIPE --measure` prints it). `own`: whether our own kernels
 * run on it, which update parameters where they lie and keep a frozen network's filters in their form too. Engines not
 * named count as the CPU's.
 */
const ENGINES: Record<string, { baseline: number; own: boolean }> = {
  cpu: { baseline: 520e6, own: true },
  wasm: { baseline: 200e6, own: false },
};
/** A loader's thread, with the codecs that it loads. */
const THREAD = 25e6;
/** Bytes that the allocator takes for each byte of arrays: holes between them, and what it keeps back for the next. */
const OVERHEAD = 1.15;
/** A decoded image is kept as RGB bytes and a byte of labels. */
const DECODED = 4;

export interface MemoryFacts {
  classes: number;
  /** The labelled images of the split to train on: how many, and their pixels in all. */
  images: { count: number; pixels: number };
  /** All images of the split to adapt to, where the recipe has a target. */
  target?: { count: number; pixels: number };
  /** Null where no method needs one. */
  teacher: Pick<ModelCard, 'network' | 'outputs'> | null;
  /** The teachers beside it. */
  others?: readonly Pick<ModelCard, 'network' | 'outputs'>[];
  engine: string;
  /** Of the loader: its threads, and the most bytes of decoded images that it keeps. */
  loader: { threads: number; cacheBytes: number };
}

/** What a recipe is to be run on, as far as its memory depends on it. */
export interface MemoryBinding {
  data: { classes: number; splits: { name: string; labelled: number; pixels: number }[] } | null;
  target?: { splits: { name: string; images: number; allPixels: number }[] } | null;
  teacher: MemoryFacts['teacher'];
  others?: MemoryFacts['others'];
}

/**
 * What a recipe needs in this process's machine, beside the `available` bytes; null where data or a teacher that it
 * needs is not chosen yet.
 */
export function memoryNeed(
  recipe: Recipe,
  { data, target, teacher, others }: MemoryBinding,
  engine: string,
  available: number,
): MemoryNeed | null {
  const split = data?.splits.find(({ name }) => name === recipe.data.split);
  const lacking = needsTeacher(recipe) && !taughtByAverage(recipe) && !teacher;
  const second = target?.splits.find(({ name }) => name === recipe.target?.split);
  if (!data || !split || split.labelled === 0 || lacking || (recipe.target && !second)) return null;
  const facts = {
    ...{ classes: data.classes, teacher, others, engine, loader: loaderLimits(split.labelled) },
    images: { count: split.labelled, pixels: split.pixels },
    target: second && { count: second.images, pixels: second.allPixels },
  };
  const { bytes } = estimateMemory(recipe, facts);
  return { bytes, available, options: bytes > available ? memoryOptions(recipe, facts, available) : [] };
}

/** @throws Problem where the recipe cannot be run (see checkRecipe) */
export function estimateMemory(recipe: Recipe, facts: MemoryFacts): MemoryEstimate {
  const { batch, crop, memory } = recipe;
  const student = studentGraph(recipe, facts.classes);
  const average = { network: recipe.student.network, outputs: facts.classes };
  const asked = taughtByAverage(recipe) ? average : facts.teacher;
  const written = needsTeacher(recipe) && asked ? buildNetwork(asked.network, asked.outputs) : null;
  const teacher = written && teacherGraph(recipe, written, student);
  const others = (teacher ? (facts.others ?? []) : []).map((one) =>
    teacherGraph(recipe, buildNetwork(one.network, one.outputs), student, false),
  );
  const teachers = teacher ? [teacher, ...others] : [];
  const terms = termsOf(recipe, student, teacher);
  // One after the other; each has a loader.
  const sides = sidesOf(terms).map(({ places }) => places.map((place) => terms[place]));

  const images = batch / memory.accumulate;
  const labels = FLOAT * images * crop[0] * crop[1];
  const count = images * (terms.some(({ method }) => method.turned) ? TURNS : 1);
  const picture = FLOAT * 3 * count * crop[0] * crop[1];
  const size = [count, ...crop] as const;
  const half = recipe.precision !== 'float32';
  const learning = graphMemory(student, size, {
    training: true,
    checkpointing: memory.checkpointing,
    taps: tapsOf(terms, 'student'),
    half,
  });
  const asking = teachers.map((graph, k) =>
    graphMemory(graph, size, { training: false, taps: k === 0 ? tapsOf(terms, 'teacher') : [], half }),
  );
  const cached = teacher !== null && recipe.teacher.cache.mode !== 'off';
  const maps = cached
    ? [...teacherMaps(terms, student, teacher), ...others.map((graph) => logitsMap(terms, student, graph))]
    : [];
  const mapValues = maps.reduce((sum, map) => sum + sizeOf(croppedSize(map, crop)) * map.channels, 0);
  const kept = asking.map((one) => one.kept);
  const taught = cached ? FLOAT * count * mapValues : total(kept);
  // One after another, each beside what those before it gave.
  const forwards = asking.map(({ forward }, k) => forward + total(kept.slice(0, k)));

  const { baseline, own } = ENGINES[facts.engine] ?? ENGINES.cpu;
  const vector = FLOAT * weightsOf(student, true);
  // Running statistics are there twice, in the flat vector and by themselves.
  const weights =
    vector +
    2 * FLOAT * weightsOf(student, false) +
    (own ? 2 : 1) * FLOAT * total(teachers.map((graph) => weightsOf(graph)));
  const methods = ownBytes(terms, student, teacher, recipe, facts.images.count + (facts.target?.count ?? 0));
  const slots = (vector + methods.learning) * slotNames(recipe.optimizer).length;
  const averaged = recipe.student.average !== null;
  const losses = sides.map((side) => lossBytes(side, student, teacher, others, crop));
  const summed = memory.accumulate > 1 || sides.length > 1 ? vector : 0;
  const phases = {
    // The pictures, and both networks' inputs made of them.
    teacher: asking.length > 0 && !cached ? 3 * picture + labels + Math.max(...forwards) : 0,
    forward: picture + labels + taught + learning.forward,
    loss: picture + labels + taught + learning.kept + images * Math.max(0, ...losses),
    backward: picture + learning.backward,
    update: vector * (1 + Math.max(own ? 0 : plainUpdateVectors(recipe.optimizer), averaged ? AVERAGE_VECTORS : 0)),
  };
  const step = weights + (averaged ? vector : 0) + methods.all + slots + summed + Math.max(...Object.values(phases));

  const { threads, cacheBytes } = facts.loader;
  /** A loader's decoded images, and its batches. */
  const loader = ({ count, pixels }: MemoryFacts['images']) => {
    const decoded = (DECODED * pixels * Math.min(count, recipe.schedule.steps * batch)) / count;
    const batches = BATCHES_HELD * batch * ((3 + FLOAT) * crop[0] * crop[1] + FLOAT * mapValues);
    return threads * THREAD + Math.min(decoded, cacheBytes) + batches;
  };
  const loaded = sidesOf(terms).map(({ domain }) => (domain === 'target' && facts.target) || facts.images);
  const parts = {
    engine: baseline,
    step: OVERHEAD * step,
    loader: total(loaded.map(loader)),
  };
  return { bytes: parts.engine + parts.step + parts.loader, ...parts };
}

/**
 * Ways to need no more than `available` bytes, for a recipe that needs more: without and with checkpointing, each with
 * the fewest parts of a batch that do. Empty where nothing but a smaller crop or network helps.
 */
export function memoryOptions(recipe: Recipe, facts: MemoryFacts, available: number): MemoryOptions {
  const ways = memoryWays(recipe).map((memory) => {
    const { bytes } = estimateMemory({ ...recipe, memory }, facts);
    return { memory, bytes };
  });
  return [false, true].flatMap((checkpointing) => {
    const fits = ways.find(({ memory, bytes }) => memory.checkpointing === checkpointing && bytes <= available);
    return fits ?? [];
  });
}

/** The ways to run a recipe that need less memory than its own, and that one first: fewer parts before more. */
export function memoryWays({ memory, batch, methods }: Recipe): Recipe['memory'][] {
  const whole = methods.some((term) => term.weight > 0 && methodOf(term).method.wholeBatch);
  const most = whole ? 1 : batch;
  const parts = Array.from({ length: most }, (_, i) => i + 1).filter((n) => batch % n === 0 && n >= memory.accumulate);
  const forms = memory.checkpointing ? [true] : [false, true];
  return forms.flatMap((checkpointing) => parts.map((accumulate) => ({ accumulate, checkpointing })));
}

function needsTeacher({ methods }: Recipe): boolean {
  return methods.some(({ method, weight }) => weight > 0 && methodById(method).teacher);
}

function tapsOf(terms: readonly BoundTerm[], whose: 'student' | 'teacher'): string[] {
  return [...new Set(terms.flatMap(({ taps }) => taps[whose]))];
}

/** Elements of a network's arrays: of all, those that another runtime holds too, or of those that are trained or not. */
function weightsOf(graph: Graph, trainable?: boolean): number {
  const wanted = graph.params.filter((spec) => trainable === undefined || spec.trainable === trainable);
  const elsewhere = graph.nodes.reduce((sum, node) => sum + heldElsewhere(node), 0);
  return wanted.reduce((sum, { shape }) => sum + sizeOf(shape), trainable === undefined ? elsewhere : 0);
}

/** Of the terms' own arrays: with what Adam keeps for those that learn by themselves; and those that learn with the student. */
function ownBytes(
  terms: readonly BoundTerm[],
  student: Graph,
  teacher: Graph | null,
  { crop }: Recipe,
  images: number,
): { all: number; learning: number } {
  const arrays = terms.flatMap((term) => ownArraysOf(term, lossShapes(term, student, teacher, crop, images)));
  const bytes = (learns: OwnArray['learns']) =>
    FLOAT * arrays.reduce((sum, { shape, ...array }) => sum + (array.learns === learns ? sizeOf(shape) : 0), 0);
  const learning = bytes('loss');
  // Gradients of all that learn, and Adam's two slots of those that learn by an own loss.
  return { all: 2 * learning + 4 * bytes('ownLoss') + bytes('none'), learning };
}

/**
 * What the terms hold at once for one image while they are differentiated: logits at the sizes that they ask for, and so
 * many arrays of that size as each method states. Everything is alive until the last gradient is there.
 */
function lossBytes(
  terms: readonly BoundTerm[],
  student: Graph,
  teacher: Graph | null,
  others: readonly Graph[],
  crop: readonly [number, number],
): number {
  const sizes = nodeSizes(student, crop);
  const elements = (name: string) => sizeOf(sizes.get(name)!);
  const pixels = crop[0] * crop[1];
  const atLabels = terms.filter(({ method }) => method.logits === 'label');
  /** Logits upsampled along one axis, then along the other. */
  const resized = (outputs: number, s: number) => (s === 1 ? 0 : outputs * pixels * (1 + 1 / s));
  // The student's are resized back again, as gradients.
  let sum = atLabels.length > 0 ? 2 * resized(student.outputs, student.logitsStride) : 0;
  const askedAt = (size: 'label' | 'student') => terms.some(({ method }) => method.teacher && method.logits === size);
  if (teacher && askedAt('label')) sum += resized(teacher.outputs, teacher.logitsStride);
  if (others.length > 0) {
    // What is combined: of each teacher the outputs that the student has, their products with shares, and the sum.
    const combined = student.outputs * (2 * (1 + others.length) + 1);
    if (askedAt('label')) {
      sum += combined * pixels + total(others.map((graph) => resized(graph.outputs, graph.logitsStride)));
    }
    if (askedAt('student')) sum += combined * (pixels / student.logitsStride ** 2);
  }
  for (const { method, params, taps } of terms) {
    const size = {
      label: [...crop, student.outputs],
      student: sizes.get(student.output)!,
      none: sizes.get(taps.student.at(-1) ?? student.output)!,
    }[method.logits];
    sum += method.besides?.(size as Size3, params) ?? 0;
    if (method.tapSize === 'label') {
      for (const [height, , channels] of taps.student.map((tap) => sizes.get(tap)!)) {
        sum += 2 * resized(channels, crop[0] / height) + method.copies * channels * pixels;
      }
      continue;
    }
    const read = {
      label: student.outputs * pixels,
      student: elements(student.output),
      none: taps.student.reduce((all, tap) => all + elements(tap), 0),
    };
    sum += (method.turned ? TURNS : 1) * method.copies * read[method.logits];
  }
  return FLOAT * sum;
}
