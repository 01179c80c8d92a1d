/** The weights that a student begins with: random ones, or those of another model where it has the same arrays. */
import { Problem } from '../contract/problem.ts';
import type { Graph, ParamSpec } from '../networks/graph.ts';
import { initialWeights } from '../networks/initial-weights.ts';
import { buildNetwork } from '../networks/registry.ts';
import { readModel } from '../weights/model-file.ts';
import type { Checkpoint } from './checkpoint.ts';
import { STUDENT_PREPROCESSING } from './normalise.ts';
import type { TrainJob } from './session.ts';
import { studentGraph } from './terms.ts';

/**
 * The arrays that two networks have in common: by the name in PyTorch and the shape, so those of one backbone under two
 * heads, or all but the classifier where the classes are others.
 * @returns by the student's names the other's
 */
export function sharedArrays(student: Graph, other: Graph): Map<string, string> {
  const theirs = new Map(other.params.map((spec) => [spec.torchName, spec]));
  const shared = new Map<string, string>();
  for (const { name, torchName, shape } of student.params) {
    const found = theirs.get(torchName);
    if (found && sameShape(found.shape, shape)) shared.set(name, found.name);
  }
  return shared;
}

/**
 * @param from the model that it starts from, with its network
 * @param seed of the arrays that the model does not have
 * @returns the weights, and what became of them in whole sentences
 * @throws Problem where the two have no array in common
 */
export function startingWeights(
  student: Graph,
  from: { name: string; graph: Graph; weights: ReadonlyMap<string, Float32Array> },
  seed: number,
): { weights: Map<string, Float32Array>; notes: string[] } {
  const { name, graph } = from;
  const shared = sharedArrays(student, graph);
  if (shared.size === 0) throw nothingShared(student.id, name);
  const weights = initialWeights(student, seed);
  for (const [ours, theirs] of shared) weights.set(ours, from.weights.get(theirs)!.slice());
  const rest = student.params.length - shared.size;
  const others = rest === 0 ? '' : `; the other ${rest} begin at random`;
  const notes = [`${shared.size} of the student’s ${student.params.length} arrays start from ${name}${others}.`];
  // A stride that is left out is made up for by dilation; what else differs, the weights were not trained for
  const changed = Object.keys(student.options).filter((option) => {
    return option !== 'stride' && option in graph.options && graph.options[option] !== student.options[option];
  });
  for (const option of changed) {
    notes.push(
      `${name} was trained with ${option} ${graph.options[option]}; the student has ${student.options[option]}.`,
    );
  }
  return { weights, notes };
}

/** That a student cannot start from a model. */
export function nothingShared(student: string, model: string): Problem {
  return new Problem(`The student (${student}) has no array in common with ${model}, so it cannot start from it.`, {
    where: 'student.start',
    next: 'Choose a network with the same backbone, or start from random weights.',
  });
}

const sameShape = (a: ParamSpec['shape'], b: ParamSpec['shape']) => a.join() === b.join();

/** What a student begins with. */
export type Beginning = Pick<Checkpoint, 'weights' | 'preprocessing'>;

/**
 * @param notes gets what became of the weights that it starts from
 * @throws Problem where they cannot be read or do not fit
 */
export async function begin({ recipe, data, start }: TrainJob, notes: string[]): Promise<Beginning> {
  const student = studentGraph(recipe, data.classes.length);
  if (!start) return { weights: initialWeights(student, recipe.seed), preprocessing: STUDENT_PREPROCESSING };
  const { card, weights } = await readModel(start);
  const from = { name: card.name, graph: buildNetwork(card.network, card.outputs), weights };
  const begun = startingWeights(student, from, recipe.seed);
  notes.push(...begun.notes);
  return { weights: begun.weights, preprocessing: card.preprocessing };
}
