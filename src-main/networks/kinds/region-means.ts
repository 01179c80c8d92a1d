import { contract, contractGradients } from '../../engine/ops/contract.ts';
import { softmax, softmaxGradient } from '../../engine/ops/softmax.ts';
import { type Tensor4D, tf } from '../../engine/tf.ts';
import type { NodeKind } from '../node-kind.ts';
import { onlyWanted } from '../only-wanted.ts';

/** Letters: image, row, column, region, channel. */
const MEANS = 'nhwk,nhwc->nkc';

/**
 * For each of the maps of the second input the mean of the first one's pixels, weighted by the map's softmax over all
 * pixels: `regions` × 1 pixels. attrs: `regions`, how many maps there are.
 */
export const regionMeans: NodeKind = {
  id: 'regionMeans',
  channels: ({ regions }, [channels, maps]) => {
    if (maps !== regions) throw new Error(`There are ${maps} maps of regions, not ${regions}.`);
    return channels;
  },
  size: ({ regions }) => [regions, 1],
  params: () => [],
  macs: ({ regions }, [[height, width, channels]]) => height * width * regions * channels,
  keepsInputs: true,
  scratch: ({ regions }, [[height, width, channels]]) => ({
    forward: 4 * height * width * regions,
    backward: 7 * height * width * regions + height * width * channels,
  }),
  forward: ({ attrs: { regions }, inputs: [x, maps] }) => ({
    output: tf.tidy(() => {
      const [n, , , channels] = x.shape;
      return contract(MEANS, sharesOf(maps), x).reshape<Tensor4D>([n, regions, 1, channels]);
    }),
  }),
  backward: ({ attrs: { regions }, gradient, inputs: [x, maps], wanted }) => {
    const gradients = tf.tidy(() => {
      const [n, , , channels] = x.shape;
      const shares = sharesOf(maps);
      const [ofShares, ofX] = contractGradients(MEANS, gradient.reshape([n, regions, channels]), shares, x);
      const ofMaps = softmaxGradient(byPixel(ofShares as Tensor4D), byPixel(shares), 1);
      return [ofX as Tensor4D, ofMaps.reshape<Tensor4D>(maps.shape)];
    });
    return {
      inputs: onlyWanted(gradients, wanted),
      params: [],
    };
  },
};

/** Each map's sum over the pixels 1. */
function sharesOf(maps: Tensor4D): Tensor4D {
  return softmax(byPixel(maps), 1).reshape(maps.shape);
}

/** [n, h·w, 1, k]. */
function byPixel(maps: Tensor4D): Tensor4D {
  const [n, height, width, regions] = maps.shape;
  return maps.reshape([n, height * width, 1, regions]);
}
