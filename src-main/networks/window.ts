/**
 * The attributes of a node whose window moves over the image: `kernel`, and `stride` 1, `dilation` 1, `padding` 0 where
 * not given. Each may be given by axis instead (`kernelHeight`, `kernelWidth`, …), padding by side too (`paddingTop`,
 * `paddingBottom`, `paddingLeft`, `paddingRight`).
 */
import type { ConvGeometry } from '../engine/ops/conv-geometry.ts';
import { placesAlong, type Sides } from '../engine/ops/window.ts';
import type { Attributes, Size2 } from './node-kind.ts';

type Axes = readonly [height: number, width: number];

/** The window's height and width in pixels. */
export function kernelOf(attrs: Attributes): Axes {
  return byAxis(attrs, 'kernel', 1);
}

/** How the window moves. */
export function windowOf(attrs: Attributes): ConvGeometry & { stride: Axes; dilation: Axes; padding: Sides } {
  const [height, width] = byAxis(attrs, 'padding', 0);
  const { paddingTop = height, paddingBottom = height, paddingLeft = width, paddingRight = width, groups = 1 } = attrs;
  const padding: Sides = [paddingTop, paddingBottom, paddingLeft, paddingRight];
  return { stride: byAxis(attrs, 'stride', 1), dilation: byAxis(attrs, 'dilation', 1), padding, groups };
}

/** Height and width of what the window makes of an image. */
export function windowSize(attrs: Attributes, size: Size2): Size2 {
  const kernel = kernelOf(attrs);
  const { stride, dilation, padding } = windowOf(attrs);
  const along = (axis: 0 | 1) =>
    placesAlong(size[axis], {
      kernel: kernel[axis],
      stride: stride[axis],
      dilation: dilation[axis],
      around: padding[2 * axis] + padding[2 * axis + 1],
    });
  return [along(0), along(1)];
}

/** Height and width of an image that a transposed convolution makes: the one that windowSize would make `size` of. */
export function transposedSize(attrs: Attributes, size: Size2): Size2 {
  const kernel = kernelOf(attrs);
  const { stride, dilation, padding } = windowOf(attrs);
  const more = byAxis(attrs, 'outputPadding', 0);
  const along = (axis: 0 | 1) =>
    (size[axis] - 1) * stride[axis] -
    (padding[2 * axis] + padding[2 * axis + 1]) +
    dilation[axis] * (kernel[axis] - 1) +
    more[axis] +
    1;
  return [along(0), along(1)];
}

function byAxis(attrs: Attributes, name: string, otherwise: number): Axes {
  const both = attrs[name] ?? otherwise;
  return [attrs[`${name}Height`] ?? both, attrs[`${name}Width`] ?? both];
}
