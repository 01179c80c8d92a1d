/** What values are called in a file that a network is written to, whatever its format. Pure. */
import type { Graph } from '../networks/graph.ts';

/** The names of the file's input and output. */
export const INPUT = 'input';
export const OUTPUT = 'logits';

/**
 * The name of each node's value. Nodes whose names would be taken for the file's own input and output give way.
 * @param whole whether the network's own logits are the file's output
 */
export function valueNames(graph: Pick<Graph, 'input' | 'output'>, whole: boolean): (node: string) => string {
  return (node) => {
    if (node === graph.input) return INPUT;
    if (node === graph.output && whole) return OUTPUT;
    return node === OUTPUT || node === INPUT ? `${node}/value` : node;
  };
}
