/** Convolutions by TensorFlow's kernels, in float32 or in half precision. */
import type { Half } from '../../contract/precision.ts';
import { type Tensor, type Tensor4D, tf } from '../tf.ts';
import { type Conv, type ConvGeometry, crop, isSame, pad, paddedShape } from './conv-geometry.ts';
import { type KernelAttributes, runHalfKernel, runKernel } from './kernels.ts';
import { pair, type Sides, sides } from './window.ts';

const NO_PADDING: Sides = [0, 0, 0, 0];

/** Gradient kernels exist for SAME and VALID only, so other paddings are made explicit first. */
export function tensorflowConv(half?: Half): Conv {
  const run = (name: string, inputs: Tensor[], attributes: KernelAttributes) =>
    (half ? runHalfKernel(half, name, inputs, attributes) : runKernel(name, inputs, attributes)[0]) as Tensor4D;
  return {
    forward(x, filter, geometry) {
      const same = isSame(x.shape, filter.shape, geometry);
      const padded = pad(x, same ? NO_PADDING : sides(geometry.padding));
      const y = run('Conv2D', [padded, filter], attributesOf(geometry, same));
      padded.dispose();
      return y;
    },
    input(dy, filter, shape, geometry) {
      const same = isSame(shape, filter.shape, geometry);
      const padding = same ? NO_PADDING : sides(geometry.padding);
      const sizes = tf.tensor1d(paddedShape(shape, padding), 'int32');
      const dx = run('Conv2DBackpropInput', [sizes, filter, dy], attributesOf(geometry, same));
      sizes.dispose();
      return crop(dx, padding, shape);
    },
    filter(x, dy, shape, geometry) {
      const same = isSame(x.shape, shape, geometry);
      const padded = pad(x, same ? NO_PADDING : sides(geometry.padding));
      const sizes = tf.tensor1d(shape, 'int32');
      const dw = run('Conv2DBackpropFilter', [padded, sizes, dy], attributesOf(geometry, same));
      sizes.dispose();
      padded.dispose();
      return dw;
    },
  };
}

function attributesOf({ stride, dilation }: ConvGeometry, same: boolean): KernelAttributes {
  return {
    ints: { strides: [1, ...pair(stride), 1], dilations: [1, ...pair(dilation), 1] },
    strings: { padding: same ? 'SAME' : 'VALID', data_format: 'NHWC' },
    bools: { use_cudnn_on_gpu: true },
  };
}
