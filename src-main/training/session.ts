/** What a run holds in memory from step to step: teachers, student, optimizer; and what it does with one batch. */
import { randomUniform } from '../base/random.ts';
import type { Job, StepMetrics } from '../contract/job.ts';
import type { ModelCard, Preprocessing } from '../contract/model.ts';
import { taughtByAverage } from '../contract/recipe.ts';
import { type Domain, nameOn } from '../distillation/domains.ts';
import {
  type BoundTerm,
  lossAndGradients,
  needsTeacher,
  type TapNames,
  type Taught,
  type TotalLoss,
  termValues,
} from '../distillation/total.ts';
import { asSeen } from '../distillation/turns.ts';
import { requirePrecision } from '../engine/precision.ts';
import { type Tensor, type Tensor4D, tf } from '../engine/tf.ts';
import { withoutAuxiliaries } from '../networks/auxiliary.ts';
import { Executable, type NodeRandom } from '../networks/execute.ts';
import type { Graph } from '../networks/graph.ts';
import { weightsSha256 } from '../weights/model-file.ts';
import { joinDomains, joinLosses, partsOf, type StepLosses, sharesOf } from './accumulate.ts';
import { Average } from './average.ts';
import { itemsOn } from './batch-plan.ts';
import type { Checkpoint } from './checkpoint.ts';
import { areFinite, GradientSum, gradientsByNode, multiply } from './gradients.ts';
import type { Batch } from './loader.ts';
import { INITIAL_LOSS_SCALE, type LossScaleState, nextLossScale } from './loss-scale.ts';
import { frozenModel, type OpenModel } from './model.ts';
import { normalise, pictureTensor } from './normalise.ts';
import { Optimizer } from './optimizer.ts';
import { lossShapes, OwnArrays } from './own-arrays.ts';
import { learningRateAt, stepsCounted, termFactorAt } from './schedule.ts';
import { type Side, sidesOf } from './sides.ts';
import { type Beginning, begin } from './starting-weights.ts';
import { teacherGraph } from './teacher-graph.ts';
import { disposeTaught, openTeachers, Teachers, teacherNotes } from './teachers.ts';
import { studentGraph, tapsOf, termsOf } from './terms.ts';

export type TrainJob = Extract<Job, { kind: 'train' }>;

/** Gradient norms of the single terms cost a backward pass each, so they are taken every so many steps. */
const NORMS_EVERY = 50;

export interface StepResult {
  loss: number;
  terms: StepMetrics['terms'];
  learningRate: number;
  /** Where gradients were too large for float16: the step has changed no parameter. */
  skipped: boolean;
}

/** A term that takes part in a step: its place among the recipe's, and what its schedule makes of its weight, over 0. */
interface Counting {
  place: number;
  factor: number;
}

export class Session {
  private readonly job: TrainJob;
  /** The student's, with the auxiliary outputs that are trained along. */
  readonly graph: Graph;
  private readonly student: Executable;
  /** How the student takes pictures: as the weights that it started from were trained with. */
  private readonly preprocessing: Preprocessing;
  /** None where no term needs one. */
  readonly teachers: Teachers;
  private readonly terms: BoundTerm[];
  /** What the terms' methods have of their own. */
  private readonly own: OwnArrays;
  /** What any of them reads. */
  private readonly taps: TapNames;
  /** What is done on each data set. */
  private readonly sides: readonly Side[];
  /** How many images of the source are trained on. */
  private readonly sourceImages: number;
  private readonly optimizer: Optimizer;
  /** Of the student's parameters, where the recipe wants one. */
  private readonly average: Average | null;
  /** The student with its average in place of the parameters, where that is the teacher. */
  private readonly averaged: Executable | null;
  /** Where gradients are computed in float16. */
  lossScale: LossScaleState | null;
  /** What the user should know of what it computes in, in whole sentences. */
  readonly notes: string[];

  /**
   * @param from the checkpoint to go on from; null starts with fresh weights
   * @throws Problem where the teacher or a method cannot be had, or the engine does not compute in the recipe's precision
   */
  static async open(job: TrainJob, from: Checkpoint | null): Promise<Session> {
    const { precision } = job.recipe;
    const notes = precision === 'float32' ? [] : [await requirePrecision(precision)];
    const { average } = job.recipe.student;
    if (average !== null) notes.push(`The average of the student’s weights is evaluated and kept (decay ${average}).`);
    const teachers = await openTeachers(job);
    notes.push(...teacherNotes(teachers, job));
    return new Session(job, teachers, from ?? (await begin(job, notes)), notes);
  }

  private constructor(job: TrainJob, models: readonly OpenModel[], from: Checkpoint | Beginning, notes: string[]) {
    const { recipe, data } = job;
    this.job = job;
    this.graph = studentGraph(recipe, data.classes.length);
    const taughtBy = taughtByAverage(recipe) ? teacherGraph(recipe, this.graph, this.graph) : null;
    const tapped = taughtBy ?? models[0]?.graph ?? null;
    this.terms = termsOf(recipe, this.graph, tapped);
    this.taps = tapsOf(this.terms);
    this.sides = sidesOf(this.terms);
    this.teachers = new Teachers(models, job, this.terms, this.graph);
    const { precision } = recipe;
    this.preprocessing = from.preprocessing;
    const before = 'state' in from ? from : undefined;
    this.student = new Executable(this.graph, new Map([...from.weights, ...(before?.trained ?? [])]), { precision });
    const { average } = recipe.student;
    const trained = this.graph.params.filter(({ trainable }) => trainable);
    this.average = average === null ? null : new Average(average, trained, from.weights);
    this.averaged = taughtBy && new Executable(taughtBy, from.weights, { precision });
    this.lossScale = precision === 'float16' ? (before?.state.lossScale ?? INITIAL_LOSS_SCALE) : null;
    this.notes = notes;
    this.sourceImages = itemsOn('source', data.items).length;
    const images = this.sourceImages + (job.target ? itemsOn('target', job.target.items).length : 0);
    const shapes = this.terms.map((term) => lossShapes(term, this.graph, tapped, recipe.crop, images));
    const { steps } = recipe.schedule;
    const counts = this.terms.map((term) => stepsCounted(term.schedule, before?.state.step ?? 0, steps));
    // A checkpoint's vectors are of the student first, then of what learns along with it.
    const kept = [...(before?.slots ?? [])];
    const { size } = this.student;
    this.own = new OwnArrays(this.terms, shapes, recipe.seed, recipe.optimizer, {
      counts,
      values: before?.own,
      slots: new Map(kept.map(([slot, data]) => [slot, data.subarray(size)])),
    });
    const ofStudent = new Map(kept.map(([slot, data]) => [slot, data.subarray(0, size)]));
    this.optimizer = new Optimizer(recipe.optimizer, size, ofStudent);
  }

  /** Which data sets it takes batches of: those on which a term counts. */
  get domains(): Domain[] {
    return this.sides.map(({ domain }) => domain);
  }

  /** Those about whose images its terms ask a teacher. */
  get taughtDomains(): Domain[] {
    return this.sides.filter(({ asks }) => asks).map(({ domain }) => domain);
  }

  /**
   * One step of training (counted from 0): forward, loss and backward, in parts where the recipe says so; update.
   * @param batch of the source; null where no term counts on it
   * @param target where terms count on that
   */
  step(batch: Batch | null, step: number, target: Batch | null = null): StepResult {
    const { schedule, optimizer } = this.job.recipe;
    const counting = this.counting(step);
    if (needsTeacher(counting.map(({ place }) => this.terms[place]))) this.bringAverage();
    const sums = new GradientSum();
    const said = this.sides.map((side) =>
      this.learnOn(side, (side.domain === 'source' ? batch : target)!, counting, step, sums),
    );
    const learningRate = learningRateAt(schedule, optimizer.learningRate, step);
    const skipped = !this.update(sums.arrays!, learningRate, step + 1);
    const comparing = this.terms.filter(({ method }) => method.needsBoth).map(({ method }) => method.id);
    const { total, terms } = joinDomains(said, comparing);
    return { loss: total, terms, learningRate, skipped };
  }

  /** What the terms of one data set say of a batch of it; adds what the student learns by it. */
  private learnOn(
    { domain, places }: Side,
    batch: Batch,
    all: readonly Counting[],
    step: number,
    sums: GradientSum,
  ): StepLosses {
    const { memory, crop, batch: size } = this.job.recipe;
    const counting = all.filter(({ place }) => places.includes(place));
    const idle = (place: number) => ({ id: nameOn(this.terms[place].method.id, domain), weighted: 0 });
    // Where nothing counts anywhere the first data set is gone through, as batch norm's running values are taken there.
    const needless = counting.length === 0 && (all.length > 0 || sums.arrays !== null);
    if (needless) return { total: 0, terms: places.map(idle) };
    const parts = partsOf(batch, memory.accumulate);
    const shares = sharesOf(
      counting.map(({ place }) => this.terms[place]),
      parts,
      crop,
    );
    const losses: Pick<TotalLoss, 'total' | 'terms'>[] = [];
    // Pictures of the target are counted on after those of the source.
    const before = domain === 'source' ? 0 : size;
    for (const [i, part] of parts.entries()) {
      const made = this.gradient(domain, part, counting, shares[i], step, before + (i * size) / parts.length);
      losses.push(made.loss);
      this.own.take(this.inPlace(counting, made.own), parts.length);
      sums.add(made.gradients);
    }
    const { total, terms } = joinLosses(losses, shares);
    const said = this.inPlace(counting, terms);
    return { total, terms: places.map((place) => said[place] ?? idle(place)) };
  }

  /** The terms that take part in a step: one whose schedule gives it no weight is not computed. */
  private counting(step: number): Counting[] {
    const { steps } = this.job.recipe.schedule;
    return this.terms
      .map(({ schedule }, place) => ({ place, factor: termFactorAt(schedule, step, steps) }))
      .filter(({ factor }) => factor > 0);
  }

  /** What there is of each of those terms, in a list of all terms. */
  private inPlace<T>(counting: readonly Counting[], found: readonly T[]): (T | undefined)[] {
    const all: (T | undefined)[] = this.terms.map(() => undefined);
    for (const [i, { place }] of counting.entries()) all[place] = found[i];
    return all;
  }

  /** Makes the teacher that is the student's average what that is now. */
  private bringAverage(): void {
    if (!this.averaged || !this.average) return;
    const { average } = this;
    this.averaged.changeParameters((before) => {
      tf.dispose(before);
      return average.tensors();
    });
    this.averaged.takeStatistics(this.student);
  }

  /**
   * Forward, loss and backward over a part of a batch, each term counting with its share of the whole. No network gives
   * what no term reads in this step.
   * @param first the place of its first picture among all of the step
   */
  private gradient(
    domain: Domain,
    part: Batch,
    counting: readonly Counting[],
    shares: number[],
    step: number,
    first: number,
  ) {
    const { crop, seed, memory } = this.job.recipe;
    const count = part.labels.length / (crop[0] * crop[1]);
    const labels = tf.tensor3d(part.labels, [count, ...crop], 'int32');

    const bound = this.own.bound();
    const terms = counting.map(({ place, factor }, i) => ({
      ...bound[place],
      weight: bound[place].weight * factor * shares[i],
    }));
    const taps = tapsOf(terms);

    const turning = terms.some(({ method }) => method.turned);
    const pictures = asSeen(pictureTensor(part.image, [count, ...crop, 3]), turning);
    const input = normalise(pictures, this.preprocessing);
    const taught = needsTeacher(terms) ? this.taught(part, pictures, input, taps.teacher) : undefined;
    pictures.dispose();
    const { checkpointing } = memory;
    const random: NodeRandom = (node, picture, place) =>
      randomUniform(seed, `dropout ${node}`, step, first + picture, place);
    const given = this.student.forward(input, { training: true, checkpointing, taps: taps.student, random });
    const { gradients, own, ...loss } = lossAndGradients(terms, given, taught, labels, {
      gradientNorms: step % NORMS_EVERY === 0,
      random: (...counters) => randomUniform(seed, 'method', step, first, ...counters),
      image: input,
      turned: turning,
      images: domain === 'source' ? part.items : part.items.map((item) => this.sourceImages + item),
      domain,
    });
    tf.dispose([labels, input]);
    if (taught) disposeTaught(taught);
    given.logits.dispose();
    tf.dispose([...given.taps.values()]);

    const arriving = gradientsByNode(this.graph.output, gradients);
    if (this.lossScale) multiply(arriving, this.lossScale.scale);
    const learnt = this.student.inOrder(this.student.backward(given.saved!, arriving));
    tf.dispose([...arriving.values()]);
    return { loss, own, gradients: learnt };
  }

  /** What the teachers give on a part of a batch, out of their cache where that is there. */
  private taught({ taught, labels }: Batch, pictures: Tensor4D, input: Tensor4D, taps: readonly string[]) {
    const [height, width] = this.job.recipe.crop;
    if (taught?.length) return this.teachers.cached(taught, labels.length / (height * width));
    return this.askTeacher(pictures, input, taps);
  }

  /**
   * What the teachers give on the crops; nothing where no term ever needs one.
   * @param students the student's input made of them, which a teacher takes too where it wants the same
   * @param tapped of the first teacher; all that any term reads unless given
   */
  askTeacher(
    pictures: Tensor4D,
    students?: Tensor4D,
    tapped: readonly string[] = this.taps.teacher,
  ): Taught | undefined {
    const { preprocessing } = this;
    if (!this.averaged) return this.teachers.ask(pictures, tapped, students && { input: students, preprocessing });
    const input = students?.clone() ?? normalise(pictures, preprocessing);
    const { logits, taps } = this.averaged.forward(input, { taps: tapped });
    input.dispose();
    return { logits, taps };
  }

  /** The unweighted terms on a batch of the source with what a teacher gave, without learning from them. */
  values({ image, labels, items }: Batch, taught: Taught): { id: string; value: number }[] {
    const { crop } = this.job.recipe;
    const count = labels.length / (crop[0] * crop[1]);
    const pictures = pictureTensor(image, [count, ...crop, 3]);
    const input = normalise(pictures, this.preprocessing);
    const truth = tf.tensor3d(labels, [count, ...crop], 'int32');
    // Batch norm by the batch's own statistics, as in training: the running ones of a new student are nobody's.
    const given = this.student.forward(input, { training: true, taps: this.taps.student });
    const random = (...counters: number[]) => randomUniform(this.job.recipe.seed, 'method', 0, 0, ...counters);
    const values = termValues(this.own.bound(), given, taught, truth, { random, images: items, image: input });
    this.student.discard(given.saved!);
    tf.dispose([pictures, input, truth, given.logits, ...given.taps.values()]);
    return values;
  }

  /**
   * @param gradients disposed
   * @param count of the steps, with this one
   * @returns false where it is left out, since they are not finite
   */
  private update(gradients: Tensor[], learningRate: number, count: number): boolean {
    const before = this.lossScale;
    const finite = before === null || areFinite(gradients);
    if (finite) {
      const real = before ? gradients.map((gradient) => gradient.div(before.scale)) : gradients;
      const updates = count - (before?.skipped ?? 0);
      this.student.changeParameters((now) => {
        const learnt = this.optimizer.update(now, real, learningRate, updates);
        this.average?.move(learnt, updates);
        return learnt;
      });
      if (before) tf.dispose(real);
    }
    this.own.update(learningRate, finite, before?.skipped ?? 0);
    tf.dispose(gradients);
    if (before) this.lossScale = nextLossScale(before, finite);
    return finite;
  }

  /**
   * The student's weights that are evaluated and kept, batch norm's running values included: with their average in place
   * of the parameters, where the recipe wants one.
   */
  weights(): Map<string, Float32Array> {
    return new Map([...this.student.weights(), ...(this.average?.values() ?? [])]);
  }

  /** The parameters that go on being trained, where `weights` has others in their place. */
  trained(): Map<string, Float32Array> {
    const names = new Set(this.average?.values().keys());
    return new Map(this.average ? [...this.student.weights()].filter(([name]) => names.has(name)) : []);
  }

  /** The optimizer's vectors: of the student, then of what learns along with it. */
  slots(): Map<string, Float32Array> {
    return this.own.slotsAfter(this.optimizer.values());
  }

  /** What the methods have of their own. */
  ownValues(): Map<string, Float32Array> {
    return this.own.values();
  }

  /** What is known of the student as it is now and is to be deployed. */
  card(weights: Map<string, Float32Array>): ModelCard {
    const { recipe, data } = this.job;
    const deployed = withoutAuxiliaries(this.graph).params.map(({ name }) => [name, weights.get(name)!] as const);
    return {
      name: recipe.name,
      network: recipe.student.network,
      classes: data.classes,
      outputs: data.classes.length,
      preprocessing: this.preprocessing,
      licence: 'Not stated: it depends on the data set and the teacher',
      source: `Trained with Stillroom by the recipe “${recipe.name}”`,
      sha256: weightsSha256(new Map(deployed)),
    };
  }

  /** The student with batch norm folded, as a copy of its own: running it leaves the training untouched. */
  frozen(weights: Map<string, Float32Array>): OpenModel {
    return frozenModel(this.card(weights), weights);
  }

  dispose(): void {
    this.student.dispose();
    this.teachers.dispose();
    this.optimizer.dispose();
    this.average?.dispose();
    this.averaged?.dispose();
    this.own.dispose();
  }
}
