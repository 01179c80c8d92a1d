/** Arrays that lie one behind the other in one flat tensor. */
import { Problem } from '../contract/problem.ts';
import { type Tensor, type Tensor1D, tf } from '../engine/tf.ts';
import type { Weights } from './fold.ts';
import { type ParamSpec, sizeOf } from './graph.ts';

/** Where each array lies in a flat tensor of all of them, in elements. */
export function indexOf(specs: readonly ParamSpec[]): Map<string, { offset: number; size: number }> {
  const index = new Map<string, { offset: number; size: number }>();
  let offset = 0;
  for (const { name, shape } of specs) {
    index.set(name, { offset, size: sizeOf(shape) });
    offset += sizeOf(shape);
  }
  return index;
}

/** All arrays in one kept tensor. @throws Problem as valuesOf */
export function flatTensor(specs: readonly ParamSpec[], weights: Weights): Tensor1D {
  const index = indexOf(specs);
  const flat = new Float32Array(specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0));
  for (const spec of specs) flat.set(valuesOf(spec, weights), index.get(spec.name)!.offset);
  return tf.keep(tf.tensor1d(flat, 'float32'));
}

/** @throws Problem where the array is missing or of another size */
export function valuesOf({ name, shape }: ParamSpec, weights: Weights): Float32Array {
  const values = weights.get(name);
  if (!values) throw new Problem(`The weights lack ${name}.`, { where: name });
  if (values.length !== sizeOf(shape))
    throw new Problem(`${name} has ${values.length} values and needs ${sizeOf(shape)}.`, { where: name });
  return values;
}

/** The arrays that lie in a flat tensor, each a kept tensor of its own shape. */
export function viewsOf(flat: Tensor1D, specs: readonly ParamSpec[]): Map<string, Tensor> {
  if (specs.length === 0) return new Map();
  const sizes = specs.map(({ shape }) => sizeOf(shape));
  const views = tf.tidy(() => tf.split(flat, sizes).map((part, i) => tf.keep(part.reshape([...specs[i].shape]))));
  return new Map(specs.map(({ name }, i) => [name, views[i]]));
}

export function disposeViews(views: Map<string, Tensor> | null): void {
  for (const view of views?.values() ?? []) view.dispose();
}
