/** Whether a recipe can be run: what is wrong with it, field by field, in words. */
import type { z } from 'zod';
import type { ModelCard } from '../contract/model.ts';
import { precisionsOf } from '../contract/precision.ts';
import { Problem } from '../contract/problem.ts';
import { type FieldProblem, type Recipe, recipe as schema, type Term, taughtByAverage } from '../contract/recipe.ts';
import { crossEntropies } from '../distillation/auxiliary.ts';
import { type Method, parseParams, withOptions } from '../distillation/method.ts';
import { methodById } from '../distillation/registry.ts';
import { bindTerm, requireTaps } from '../distillation/total.ts';
import { type Graph, nodeSizes } from '../networks/graph.ts';
import { isOpaque } from '../networks/kinds/opaque.ts';
import { buildNetwork } from '../networks/registry.ts';
import { checkDomains, shareDomain } from './check-domains.ts';
import { lossShapes, ownArraysOf } from './own-arrays.ts';
import { nothingShared, sharedArrays } from './starting-weights.ts';
import { defaultTaps, studentGraph } from './terms.ts';

/** What is known of the data set that the recipe is to be run on. */
export interface DataFacts {
  classes: number;
  splits: { name: string; labelled: number }[];
}

/** The same of the data set that is adapted to. */
export interface TargetFacts {
  splits: { name: string; images: number }[];
}

/** What a recipe is to be run with. */
interface Bound {
  data: DataFacts | null;
  teacher: Pick<ModelCard, 'network' | 'outputs'> | null;
  /** The teachers beside it. */
  others?: readonly Pick<ModelCard, 'name' | 'network' | 'outputs'>[];
  /** The second data set, where the recipe has one. */
  target?: TargetFacts | null;
  /** What the student starts from, where that is another model. */
  start?: Pick<ModelCard, 'name' | 'network' | 'outputs'> | null;
  engine?: string;
}

/**
 * @param recipe anything: it is checked against the schema first
 * @param bound the data set and the teacher it is to be run with; null where they are not chosen yet: what depends on
 *   them is then not judged, except that a teacher is needed; `engine` as it is wished for, where that is known
 * @returns an empty list where the recipe can be run
 */
export function checkRecipe(recipe: unknown, bound: Bound): FieldProblem[] {
  const parsed = schema.safeParse(recipe);
  if (!parsed.success) return parsed.error.issues.map(inWords);
  const { data: value } = parsed;
  const own = taughtByAverage(value);
  // Its own network, with the outputs that any data set has.
  const teacher = own ? { network: value.student.network, outputs: bound.data?.classes ?? 2 } : bound.teacher;
  return [
    ...(own ? averageTeaches(value, bound.others) : []),
    ...numbers(value),
    ...precisionThere(value, bound.engine),
    ...splits(value, bound.data),
    ...checkDomains(value, bound.target ?? null),
    ...networksAndMethods(value, { ...bound, teacher }),
  ];
}

/**
 * @throws Problem with the first thing that is wrong, and how many others there are
 */
export function requireRecipe(recipe: unknown, bound: Bound): Recipe {
  const [first, ...others] = checkRecipe(recipe, bound);
  if (!first) return schema.parse(recipe);
  const more = others.length > 0 ? ` (and ${others.length} more: ${others.map((o) => o.field).join(', ')})` : '';
  throw new Problem(`The recipe cannot be run: ${first.field}: ${first.message}${more}`, {
    where: first.field,
    next: 'Change it in the recipe, in the form, or with --set.',
  });
}

function numbers({ augmentation, schedule, methods, batch, memory }: Recipe): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const [low, high] = augmentation.scale;
  if (low > high)
    problems.push(problem('augmentation.scale', `It goes from ${low} down to ${high}; give the smaller one first.`));
  if (schedule.warmup > schedule.steps)
    problems.push(
      problem(
        'schedule.warmup',
        `The warm-up of ${schedule.warmup} steps is longer than the run of ${schedule.steps}.`,
      ),
    );
  if (batch % memory.accumulate !== 0)
    problems.push(
      problem(
        'memory.accumulate',
        `A batch of ${batch} images has no ${memory.accumulate} parts of one size; give a divisor of ${batch}.`,
      ),
    );
  if (methods.every((term) => term.weight === 0))
    problems.push(problem('methods', 'All weights are 0, so nothing would be learnt; give one a weight.'));
  methods.forEach((term, i) => {
    if (methods.some((other, o) => o < i && other.method === term.method && shareDomain(other, term)))
      problems.push(problem(`methods.${i}.method`, `${term.method} is there twice; remove one.`));
    problems.push(...scheduleFits(term, schedule.steps, `methods.${i}.schedule`));
  });
  return problems;
}

function averageTeaches({ student, teacher }: Recipe, others: Bound['others'] = []): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (others.length > 0)
    problems.push(
      problem('teacher.others', 'The average of the student’s weights teaches alone; remove the other teachers.'),
    );
  if (student.average === null)
    problems.push(problem('student.average', 'The teacher is the average of the weights; give the decay of one.'));
  if (teacher.cache.mode !== 'off')
    problems.push(
      problem('teacher.cache.mode', 'The average changes at every step, so nothing of it can be kept; turn it off.'),
    );
  return problems;
}

/** Whether a term's schedule goes forwards, begins within the run and lets the term count at all. */
function scheduleFits({ schedule }: Term, steps: number, field: string): FieldProblem[] {
  if (!schedule) return [];
  const { from } = schedule;
  const to = schedule.to ?? steps;
  if (from >= steps) return [problem(`${field}.from`, `It would begin at step ${from} of a run of ${steps} steps.`)];
  if (to <= from)
    return [problem(`${field}.to`, `It would end at step ${to}, but begins at step ${from}; give a later one.`)];
  if (schedule.shape !== 'constant' && schedule.start === 0 && schedule.end === 0)
    return [problem(`${field}.end`, 'It goes from 0 to 0, so the term would never count; give one of them a value.')];
  return [];
}

function precisionThere({ precision }: Recipe, engine = 'auto'): FieldProblem[] {
  if (precisionsOf(engine).includes(precision)) return [];
  return [problem('precision', `The engine ${engine} computes in float32 only; take that, or the engine cuda or cpu.`)];
}

function splits({ data }: Recipe, facts: DataFacts | null): FieldProblem[] {
  if (!facts) return [];
  const check = (field: string, name: string) => {
    const split = facts.splits.find((one) => one.name === name);
    if (!split) {
      const known = facts.splits.map((one) => one.name).join(', ');
      return [problem(field, `The data set has no split “${name}”; it has ${known || 'none'}.`)];
    }
    return split.labelled > 0 ? [] : [problem(field, `No image of the split “${name}” is labelled.`)];
  };
  return [
    ...check('data.split', data.split),
    ...(data.evaluationSplit === null ? [] : check('data.evaluationSplit', data.evaluationSplit)),
  ];
}

function networksAndMethods(recipe: Recipe, { data, teacher, others = [], start }: Bound): FieldProblem[] {
  const problems: FieldProblem[] = [];
  /** What a part thinks of a value; what it throws is filed under the field. */
  const attempt = <T>(field: string, work: () => T, part = true): T | null => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const where = part && error.where ? `${field}.${error.where}` : field;
      problems.push(problem(where, error.next ? `${error.message} ${error.next}` : error.message));
      return null;
    }
  };
  // The number of classes changes nothing that is judged here, so any stands in for a data set not yet chosen.
  const student = attempt('student.network', () => studentGraph(recipe, data?.classes ?? 2));
  const taught = teacher && attempt('teacher.model', () => buildNetwork(teacher.network, teacher.outputs), false);
  const besides = others.map((one) => attempt('teacher.others', () => buildNetwork(one.network, one.outputs), false));
  if (student && isOpaque(student)) {
    problems.push(
      problem('student.network', 'ONNX Runtime runs this network, so it cannot be trained; choose another.'),
    );
  }
  if (student && start) {
    attempt(
      'student.start',
      () => {
        const other = buildNetwork(start.network, start.outputs);
        if (sharedArrays(student, other).size === 0) throw nothingShared(student.id, start.name);
      },
      false,
    );
  }
  const active: Method[] = [];
  recipe.methods.forEach((term, i) => {
    const method = attempt(`methods.${i}.method`, () => methodById(term.method));
    if (!method) return;
    const params = attempt(`methods.${i}.params`, () => parseParams(method, term.params));
    const decided = params === null ? method : withOptions(method, params);
    if (term.weight > 0) active.push(decided);
    problems.push(...classWeights(params, `methods.${i}.params.classWeights`, data));
    if (decided.taps > 0) tapsFit(term, decided, `methods.${i}.taps`);
  });
  problems.push(
    ...cropFits(recipe, [student, taught, ...besides]),
    ...imagesSuffice(recipe, student),
    ...teacherFits(active, data, { teacher, others }),
    ...wholeBatch(recipe, active),
    ...turnsFit(recipe, active, others.length),
    ...auxiliaryLearns(recipe, active, student),
  );
  if (problems.length === 0 && student) ownFits(student, taught);
  return problems;

  /** Whether each method can have what it needs of its own. */
  function ownFits(student: Graph, taught: Graph | null): void {
    recipe.methods.forEach((term, i) => {
      const method = methodById(term.method);
      if (term.weight === 0 || (method.teacher && !taught)) return;
      attempt(`methods.${i}.params`, () => {
        const bound = bindTerm(term, defaultTaps(student, taught));
        ownArraysOf(bound, lossShapes(bound, student, taught, recipe.crop, 1));
      });
    });
  }

  function tapsFit(term: Term, method: Method, field: string): void {
    const count = (side: 'student' | 'teacher', graph: Graph | null) =>
      term.taps?.[side].length ?? graph?.defaultTaps.length;
    const counts = [count('student', student), count('teacher', taught)];
    if (counts[0] !== undefined && counts[1] !== undefined)
      attempt(field, () => requireTaps(method, counts[0]!, counts[1]!), false);
    problems.push(...tapsExist(term, `${field}.student`, 'student', student));
    problems.push(...tapsExist(term, `${field}.teacher`, 'teacher', taught));
  }
}

function auxiliaryLearns({ student: { auxiliary } }: Recipe, active: Method[], student: Graph | null): FieldProblem[] {
  const field = 'student.auxiliary';
  if (!student || !auxiliary) return [];
  if (!student.auxiliaries) return [problem(field, `${student.id} has no auxiliary outputs; switch them off.`)];
  if (active.some(({ id }) => crossEntropies.includes(id))) return [];
  const known = crossEntropies.join(', ');
  return [problem(field, `Auxiliary outputs learn by a cross-entropy; add one of ${known}, or switch them off.`)];
}

function teacherFits(
  active: Method[],
  data: DataFacts | null,
  { teacher, others = [] }: Pick<Bound, 'teacher' | 'others'>,
): FieldProblem[] {
  const needing = active.filter((method) => method.teacher).map((method) => method.id);
  if (needing.length === 0) return [];
  const field = 'teacher.model';
  if (!teacher) {
    const need = needing.length > 1 ? 'need' : 'needs';
    return [problem(field, `${needing.join(', ')} ${need} a teacher; choose one, or give those methods the weight 0.`)];
  }
  const problems: FieldProblem[] = [];
  const tooFew = (whose: string, outputs: number) =>
    `${whose} has ${outputs} outputs for the data set's ${data?.classes} classes; choose a teacher that knows them all.`;
  if (data && teacher.outputs < data.classes) problems.push(problem(field, tooFew('The teacher', teacher.outputs)));
  if (others.length === 0) return problems;
  for (const { name, outputs } of others) {
    if (data && outputs < data.classes) problems.push(problem('teacher.others', tooFew(name, outputs)));
  }
  if (!active.some((method) => method.teacher && method.logits !== 'none')) {
    const why = `${needing.join(', ')} ${needing.length > 1 ? 'read' : 'reads'} taps, which are the first teacher's alone`;
    problems.push(
      problem('teacher.others', `${why}; add a method that reads logits, such as kd, or remove the others.`),
    );
  }
  return problems;
}

function wholeBatch({ memory }: Recipe, active: Method[]): FieldProblem[] {
  const whole = active.filter((method) => method.wholeBatch).map((method) => method.id);
  if (memory.accumulate === 1 || whole.length === 0) return [];
  const are = whole.length > 1 ? 'are no means over images' : 'is no mean over images';
  const message = `${whole.join(', ')} ${are}, so a batch cannot be computed in parts; let this be 1, or leave that out.`;
  return [problem('memory.accumulate', message)];
}

/** Turned images have to be of one size with those that stand, and no teacher's outputs of them are kept or combined. */
function turnsFit({ crop: [height, width], teacher }: Recipe, active: Method[], others: number): FieldProblem[] {
  const turning = active.filter((method) => method.turned).map((method) => method.id);
  if (turning.length === 0) return [];
  const reads = `${turning.join(', ')} ${turning.length > 1 ? 'read' : 'reads'} images turned by 90° too`;
  const problems: FieldProblem[] = [];
  if (height !== width) problems.push(problem('crop', `${reads}, so the crop has to be square.`));
  if (teacher.cache.mode !== 'off')
    problems.push(problem('teacher.cache.mode', `${reads}, of which nothing can be kept; turn it off.`));
  if (others > 0)
    problems.push(problem('teacher.others', `${reads}, on which one teacher is asked; remove the others.`));
  return problems;
}

/** A single value normalised by its own mean and deviation is 0 whatever it was, and nothing is learnt by it. */
function imagesSuffice({ batch, memory, crop: [height, width] }: Recipe, student: Graph | null): FieldProblem[] {
  if (!student || batch !== memory.accumulate || height % student.stride !== 0 || width % student.stride !== 0)
    return [];
  const sizes = nodeSizes(student, [height, width]);
  const single = student.nodes.some(({ name, kind }) => {
    const [rows, columns] = sizes.get(name)!;
    return kind === 'batchNorm' && rows * columns === 1;
  });
  if (!single) return [];
  const why = `${student.id} normalises means of whole images over the images that are computed at once`;
  return [problem(batch === 1 ? 'batch' : 'memory.accumulate', `${why}; let that be two or more.`)];
}

function cropFits({ crop }: Recipe, graphs: (Graph | null)[]): FieldProblem[] {
  const stride = Math.max(1, ...graphs.map((graph) => graph?.stride ?? 1));
  const wrong = crop.filter((size) => size % stride !== 0);
  if (wrong.length === 0) return [];
  return [problem('crop', `${wrong.join(' and ')} is no multiple of ${stride}, as the networks need it.`)];
}

function tapsExist(term: Term, field: string, side: 'student' | 'teacher', graph: Graph | null): FieldProblem[] {
  if (!graph || !term.taps) return [];
  const names = new Set(graph.nodes.map((node) => node.name));
  return term.taps[side]
    .filter((name) => !names.has(name))
    .map((name) =>
      problem(field, `The ${side} has no node “${name}”; its usual taps are ${graph.defaultTaps.join(', ')}.`),
    );
}

function classWeights(params: unknown, field: string, data: DataFacts | null): FieldProblem[] {
  const weights = (params as { classWeights?: number[] | null } | null)?.classWeights;
  if (!weights || !data || weights.length === data.classes) return [];
  const counts = `There are ${weights.length} class weights for ${data.classes} classes`;
  return [problem(field, `${counts}; give one each, or none.`)];
}

/** A value that the schema refuses, as a sentence. */
function inWords(issue: z.core.$ZodIssue): FieldProblem {
  const field = issue.path.join('.') || 'recipe';
  if (issue.code === 'unrecognized_keys') {
    const place = issue.path.length > 0 ? `${issue.path.join('.')}.` : '';
    return problem(place + issue.keys[0], `There is no field ${issue.keys.join(', ')} here; check the spelling.`);
  }
  if (issue.code === 'too_small') {
    if (issue.origin === 'string') return problem(field, 'It is empty.');
    if (issue.origin === 'array') return problem(field, `It needs at least ${issue.minimum} of these.`);
    return problem(field, `It has to be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}.`);
  }
  if (issue.code === 'too_big') {
    const what = issue.origin === 'string' ? ' letters' : '';
    return problem(field, `It has to be at most ${issue.maximum}${what}.`);
  }
  if (issue.code === 'invalid_type') {
    if (issue.input === undefined) return problem(field, `It is missing; a ${kindOf(issue.expected)} is expected.`);
    return problem(field, `A ${kindOf(issue.expected)} is expected.`);
  }
  if (issue.code === 'invalid_value') return problem(field, `It has to be ${issue.values.join(' or ')}.`);
  if (issue.code === 'invalid_union') {
    const known = 'options' in issue && issue.options ? `: ${issue.options.map(String).join(', ')}` : '';
    return problem(field, `It is none of the kinds that are known here${known}.`);
  }
  return problem(field, `${issue.message}.`);
}

function kindOf(type: string): string {
  return (
    {
      int: 'whole number',
      string: 'text',
      array: 'list',
      tuple: 'list',
      object: 'group of fields',
      record: 'group of fields',
    }[type] ?? type
  );
}

function problem(field: string, message: string): FieldProblem {
  return { field, message };
}
