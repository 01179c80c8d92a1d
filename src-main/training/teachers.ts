/** The teachers of a run: frozen models, of which the first gives logits and taps, the others logits. */
import { isDeepStrictEqual } from 'node:util';
import type { Preprocessing } from '../contract/model.ts';
import { Problem } from '../contract/problem.ts';
import { type Recipe, taughtByAverage } from '../contract/recipe.ts';
import { classesByTeacher } from '../contract/taught-classes.ts';
import { type BoundTerm, methodOf, type Outputs, type Taught } from '../distillation/total.ts';
import { type Tensor4D, tf } from '../engine/tf.ts';
import type { Graph } from '../networks/graph.ts';
import { buildNetwork } from '../networks/registry.ts';
import { type OpenModel, openModel, requireClasses } from './model.ts';
import { normalise } from './normalise.ts';
import type { TrainJob } from './session.ts';
import { logitsMap, teacherMaps } from './teacher-cache.ts';
import { teacherGraph } from './teacher-graph.ts';
import { croppedSize, type MapSpec } from './teacher-maps.ts';

/** The methods of a recipe that ask a teacher. */
export function askingMethods({ methods }: Pick<Recipe, 'methods'>) {
  return methods
    .filter(({ weight }) => weight > 0)
    .map((term) => methodOf(term).method)
    .filter((method) => method.teacher);
}

/**
 * Opens a job's teachers, the first one first; none where no term asks one or the student's own average teaches.
 * @throws Problem where a term needs a teacher and there is none, or one cannot be read, or it has other classes
 */
export async function openTeachers({ recipe, teacher, others, data }: TrainJob): Promise<OpenModel[]> {
  const asking = askingMethods(recipe);
  if (asking.length === 0 || taughtByAverage(recipe)) return [];
  if (!teacher) {
    throw new Problem(`${asking[0].id} needs a teacher.`, {
      where: 'teacher.model',
      next: 'Choose one, or remove the method.',
    });
  }
  const taps = recipe.methods.flatMap((term) => term.taps?.teacher ?? []);
  const student = buildNetwork(recipe.student.network, data.classes.length);
  const form = (tapped: boolean) => (written: Graph) => teacherGraph(recipe, written, student, tapped);
  const models = [await openModel(teacher, taps, recipe.precision, form(true))];
  for (const file of others?.files ?? []) models.push(await openModel(file, [], recipe.precision, form(false)));
  if (asking.some((method) => method.logits !== 'none')) {
    for (const { card } of models) requireClasses(card, data.classes);
  }
  return models;
}

export class Teachers {
  readonly models: readonly OpenModel[];
  /** What the terms read of each, for its cache: what a batch brings along is in this order. */
  readonly maps: MapSpec[][];
  private readonly best: (number | null)[] | null;
  private readonly crop: readonly [number, number];

  /** @param models the caller's until they are given here */
  constructor(models: readonly OpenModel[], { recipe, others }: TrainJob, terms: readonly BoundTerm[], student: Graph) {
    this.models = models;
    this.best = others?.best ?? null;
    this.crop = recipe.crop;
    this.maps = models.map(({ graph }, i) =>
      i === 0 ? teacherMaps(terms, student, graph) : [logitsMap(terms, student, graph)],
    );
  }

  /**
   * What they give on crops; undefined where there are none.
   * @param pictures RGB 0–255
   * @param tapped nodes of the first
   * @param given the student's input made of them, which a teacher takes too where it wants the same
   */
  ask(
    pictures: Tensor4D,
    tapped: readonly string[],
    given?: { input: Tensor4D; preprocessing: Preprocessing },
  ): Taught | undefined {
    const answers = this.models.map(({ card, executable }, i): Outputs => {
      const shared = given && isDeepStrictEqual(card.preprocessing, given.preprocessing);
      const input = shared ? given.input.clone() : normalise(pictures, card.preprocessing);
      const { logits, taps } = executable.forward(input, { training: false, taps: i === 0 ? tapped : [] });
      input.dispose();
      return { logits, taps };
    });
    return answers.length === 0 ? undefined : this.together(answers);
  }

  /** The same from what the loader took out of the teacher cache. */
  cached(taught: readonly Float32Array[], count: number): Taught {
    let at = 0;
    const answers = this.maps.map((specs): Outputs => {
      const [logits, ...taps] = specs.map((spec) =>
        tf.tensor4d(taught[at++], [count, ...croppedSize(spec, this.crop), spec.channels], 'float32'),
      );
      return { logits, taps: new Map(specs.slice(1).map(({ node }, i) => [node, taps[i]])) };
    });
    return this.together(answers);
  }

  dispose(): void {
    for (const { executable } of this.models) executable.dispose();
  }

  private together([first, ...others]: Outputs[]): Taught {
    if (others.length === 0) return first;
    return { ...first, others: { logits: others.map(({ logits }) => logits), best: this.best } };
  }
}

export function disposeTaught({ logits, taps, others }: Taught): void {
  tf.dispose([logits, ...taps.values(), ...(others?.logits ?? [])]);
}

/** What the user should know of how several teachers teach, in whole sentences. */
export function teacherNotes(models: readonly OpenModel[], { recipe, others, data }: TrainJob): string[] {
  if (models.length < 2) return [];
  const names = models.map(({ card }) => card.name);
  const reading = askingMethods(recipe).filter(({ taps }) => taps > 0);
  const taps = reading.length > 0 ? [`${reading.map(({ id }) => id).join(', ')}: only ${names[0]} is tapped.`] : [];
  if (!others?.best) return [`The mean of the logits of ${names.join(', ')} is learnt from.`, ...taps];
  const best = data.classes.map((_, c) => others.best![c] ?? null);
  const parts = classesByTeacher(best, names, data.classes).map(([name, taught]) => `${name} (${taught})`);
  return [`Each pixel is taught by the best teacher of its class: ${parts.join('; ')}.`, ...taps];
}
