/** How much memory a network's passes need, from the graph alone. */
import { type Graph, nodeSizes } from './graph.ts';
import { Plan } from './plan.ts';
import { chooseSegments } from './segments.ts';
import { type PassMemory, walk } from './walk.ts';

/**
 * @param size batch, height and width of the input; multiples of the graph's stride
 * @param options as the executor's, `half` for a precision of 16 bits; `taps` are nodes whose outputs the caller gets, and
 *   whose gradients enter the backward pass beside the logits'
 * @throws Problem where the size does not fit the network
 */
export function graphMemory(
  graph: Graph,
  [batch, height, width]: readonly [number, number, number],
  {
    training,
    checkpointing = false,
    taps = [],
    half = false,
  }: { training: boolean; checkpointing?: boolean; taps?: readonly string[]; half?: boolean },
): PassMemory {
  const sizes = nodeSizes(graph, [height, width]);
  const plan = new Plan(graph, taps);
  const segments = checkpointing ? chooseSegments(graph, plan, sizes, batch, taps) : null;
  return walk({ graph, plan, sizes, batch, taps, training, segments, half });
}
