import { contract, contractGradients } from '../../engine/ops/contract.ts';
import { type Tensor4D, tf } from '../../engine/tf.ts';
import type { NodeKind } from '../node-kind.ts';
import { onlyWanted } from '../only-wanted.ts';

/** Letters: image, row, column, channel of the weights, channel. */
const SUM = 'nhwk,nkc->nhwc';

/**
 * For each pixel of the first input the sum of the second one's pixels, in rows, weighted by the channels of the first, of
 * which there are as many.
 */
export const weightedSum: NodeKind = {
  id: 'weightedSum',
  channels: (_, [, values]) => values,
  mixedSizes: true,
  size: (_, [size]) => size,
  params: () => [],
  macs: (_, [[height, width, weights], [, , values]]) => height * width * weights * values,
  keepsInputs: true,
  scratch: (_, [[height, width, weights]]) => ({ forward: 0, backward: height * width * weights }),
  forward: ({ inputs: [weights, values] }) => ({
    output: tf.tidy(() => contract(SUM, weights, inRow(values)) as Tensor4D),
  }),
  backward: ({ gradient, inputs: [weights, values], wanted }) => {
    const gradients = tf.tidy(() => {
      const [ofWeights, ofValues] = contractGradients(SUM, gradient, weights, inRow(values));
      return [ofWeights as Tensor4D, ofValues.reshape<Tensor4D>(values.shape)];
    });
    return {
      inputs: onlyWanted(gradients, wanted),
      params: [],
    };
  },
};

/** [n, h·w, c]. */
function inRow(values: Tensor4D) {
  const [n, height, width, channels] = values.shape;
  return values.reshape([n, height * width, channels]);
}
