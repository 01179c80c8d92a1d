import { type Graph, type GraphNode, graphOf } from './graph.ts';
import { kernelOf, windowOf } from './window.ts';

/**
 * The same network with its logits average-pooled to another stride, where that spares its last transposed convolution:
 * with windows side by side it is linear in each pixel, so the pixels are pooled before instead of after it. The same
 * params, by the same names; for inference. The graph itself where there is nothing to spare.
 * @param stride of the logits, in pixels of the input
 */
export function poolLogits(graph: Graph, stride: number): Graph {
  const last = graph.nodes[graph.nodes.length - 1];
  const [kernel, across] = kernelOf(last.attrs);
  const before = stride / graph.logitsStride / kernel;
  // Inputs are multiples of the graph's stride, so that windows of a divisor of it never lie over the border.
  const fits = Number.isInteger(before) && graph.stride % stride === 0;
  if (!fits || last.name !== graph.output || last.kind !== 'convTranspose' || kernel !== across) return graph;
  if (!isTiling(last)) return graph;
  const pooled: GraphNode = {
    name: `${last.name}.pooled`,
    kind: 'averagePool',
    inputs: last.inputs,
    attrs: { kernel: before, stride: before, padding: 0 },
    channels: graph.nodes.find(({ name }) => name === last.inputs[0])!.channels,
    params: [],
  };
  const mean: GraphNode = { ...last, kind: 'convTransposeMean', inputs: [pooled.name] };
  return graphOf([...graph.nodes.slice(0, -1), pooled, mean], { ...graph, logitsStride: stride });
}

/** Whether each pixel makes a window of its own, and the windows cover the image. */
function isTiling({ attrs }: GraphNode): boolean {
  const kernel = kernelOf(attrs);
  const { stride, dilation, padding } = windowOf({ stride: kernel[0], ...attrs });
  const { outputPadding, outputPaddingHeight, outputPaddingWidth } = attrs;
  return (
    stride.every((step, axis) => step === kernel[axis]) &&
    dilation.every((step) => step === 1) &&
    ![...padding, outputPadding, outputPaddingHeight, outputPaddingWidth].some(Boolean)
  );
}
