/** Graphs that are kept as data, because no network of the registry writes them: imported ones. */
import type { NetworkGraph, NetworkRef } from '../contract/model.ts';
import { Problem } from '../contract/problem.ts';
import { type Graph, GraphBuilder, sizeOf } from './graph.ts';

/** More values than this are no weights that fit into memory. */
const MAX_VALUES = 2 ** 31;

/**
 * The graph that a reference carries.
 * @throws Problem where it is not whole: it may come from a file
 */
export function storedGraph({ id, options }: NetworkRef, stored: NetworkGraph, outputs: number): Graph {
  try {
    const { nodes, ...rest } = stored;
    const b = new GraphBuilder(3);
    for (const { name, kind, inputs, attrs, torch } of nodes) b.add(name, kind, inputs, attrs, torch ?? name);
    const graph = b.build({ id, options, ...rest });
    if (graph.outputs !== outputs) throw new Error(`It has ${graph.outputs} outputs, not ${outputs}.`);
    const values = graph.params.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    if (!(values < MAX_VALUES)) throw new Error('It has too many weights.');
    return graph;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem(`The network ${id} that comes with the model is not whole: ${why}`, {
      next: 'Import the file again.',
      cause: error,
    });
  }
}
