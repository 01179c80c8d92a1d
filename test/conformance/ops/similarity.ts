import { cosinesBelowOne as cosines } from '../../../src-main/engine/ops/cosines.ts';
import { squaredDistance as distance } from '../../../src-main/engine/ops/distance.ts';
import { energy as energyOf } from '../../../src-main/engine/ops/energy.ts';
import { softened as softmax } from '../../../src-main/engine/ops/softmax.ts';
import { unit as unitOf } from '../../../src-main/engine/ops/unit.ts';
import type { Tensor3D, Tensor4D } from '../../../src-main/engine/tf.ts';
import type { OpRun } from './op-case.ts';
import { taped } from './taped.ts';

export const energy: OpRun = {
  run: ([x], _, dy) => taped(x, dy, (input) => energyOf(input as Tensor4D)),
};

export const unit: OpRun = {
  run: ([x], _, dy) => taped(x, dy, unitOf),
};

export const softened: OpRun = {
  run: ([x], { temperature }, dy) => taped(x, dy, (input) => softmax(input, temperature)),
};

export const cosinesBelowOne: OpRun = {
  run: ([x], _, dy) => taped(x, dy, (input) => cosines(input as Tensor3D)),
};

export const squaredDistance: OpRun = {
  run: ([a, b], { divisor }, dy) => taped(a, dy, (input) => distance(input, b, divisor)),
};
