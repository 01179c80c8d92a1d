import {
  addBias,
  biasGradient,
  conv2d,
  conv2dFilterGradient,
  conv2dInputGradient,
  type SquareGeometry,
} from '../../../src-main/engine/ops/conv.ts';
import type { ConvGeometry } from '../../../src-main/engine/ops/conv-geometry.ts';
import {
  depthwise2d,
  depthwise2dFilterGradient,
  depthwise2dInputGradient,
} from '../../../src-main/engine/ops/depthwise.ts';
import type { Tensor1D, Tensor4D } from '../../../src-main/engine/tf.ts';
import type { OpRun } from './op-case.ts';

export const conv: OpRun = {
  run: (inputs, attrs, dy) => {
    const [x, filter] = inputs as Tensor4D[];
    const geometry = attrs as unknown as ConvGeometry;
    return {
      outputs: [conv2d(x, filter, geometry)],
      gradients: [
        conv2dInputGradient(dy, filter, x.shape, geometry),
        conv2dFilterGradient(x, dy, filter.shape, geometry),
      ],
    };
  },
};

export const convTranspose: OpRun = {
  run: (inputs, attrs, dy) => {
    const [x, filter] = inputs as Tensor4D[];
    const geometry = attrs as unknown as ConvGeometry;
    return {
      outputs: [conv2dInputGradient(x, filter, dy.shape, geometry)],
      gradients: [conv2d(dy, filter, geometry), conv2dFilterGradient(dy, x, filter.shape, geometry)],
    };
  },
};

export const bias: OpRun = {
  run: ([x, bias], _, dy) => ({
    outputs: [addBias(x as Tensor4D, bias as Tensor1D)],
    gradients: [dy.clone(), biasGradient(dy)],
  }),
};

export const depthwise: OpRun = {
  run: (inputs, attrs, dy) => {
    const [x, filter] = inputs as Tensor4D[];
    const geometry = attrs as unknown as SquareGeometry;
    return {
      outputs: [depthwise2d(x, filter, geometry)],
      gradients: [
        depthwise2dInputGradient(dy, filter, x.shape, geometry),
        depthwise2dFilterGradient(x, dy, filter.shape, geometry),
      ],
    };
  },
};
