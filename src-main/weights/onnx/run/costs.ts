/** Parameters and multiply–accumulates of an ONNX file's operators, from the dimensions of their values. Pure. */
import { elements } from '../../tensor-file.ts';
import type { OnnxNode } from '../proto.ts';

/**
 * Multiply–accumulates of one operator: those of convolutions and products of matrices, others count as none.
 * @param dims of a value or of one of the file's arrays, by name
 */
export function macsOf(
  { opType, input, output, attribute }: OnnxNode,
  dims: (name: string) => readonly number[],
): number {
  const [a, b, y] = [input[0] ?? '', input[1] ?? '', output[0] ?? ''].map(dims);
  if (opType === 'Conv' && b.length > 2) return elements(y) * elements(b.slice(1));
  if (opType === 'ConvTranspose' && b.length > 2) return elements(a) * elements(b.slice(1));
  if (opType === 'MatMul') return elements(y) * (a.at(-1) ?? 0);
  if (opType === 'Gemm') {
    const transposed = attribute.some(({ name, i }) => name === 'transA' && i === 1);
    return elements(y) * (a[transposed ? 0 : 1] ?? 0);
  }
  return 0;
}
