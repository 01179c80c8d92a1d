import { randomUniform } from '../base/random.ts';
import { type Graph, sizeOf } from './graph.ts';

/**
 * Random initial weights by the nodes' initialisers, a function of the seed and each array's name alone.
 * @returns every array of the graph, by name
 */
export function initialWeights(graph: Graph, seed: number): Map<string, Float32Array> {
  const weights = new Map<string, Float32Array>();
  for (const { name, shape, init } of graph.params) {
    const values = new Float32Array(sizeOf(shape));
    if (init.kind === 'constant') values.fill(init.value);
    else for (let i = 0; i < values.length; i++) values[i] = (2 * randomUniform(seed, name, i) - 1) * init.bound;
    weights.set(name, values);
  }
  return weights;
}
