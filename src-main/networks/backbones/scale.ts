/** What backbones share: how they are made narrower, and where they stop downsampling and dilate instead. */
import type { Option } from '../network.ts';

export const widthOption: Option = {
  ...{ name: 'width', title: 'Factor on the channels of the backbone' },
  ...{ default: 1, min: 0.125, max: 2, integer: false },
};

export const strideOption: Option = {
  ...{ name: 'stride', title: 'Input size ÷ size of the last features: 8, 16 or 32' },
  ...{ default: 8, min: 8, max: 32, integer: true, among: [8, 16, 32] },
};

/** So many channels times a factor, at least one. */
export function scaled(channels: number, width: number): number {
  return Math.max(1, Math.round(channels * width));
}

/** The nearest multiple of eight, but not less than nine tenths, as the authors of MobileNet and EfficientNet round. */
export function inEights(channels: number): number {
  const rounded = Math.max(8, Math.floor(channels / 8 + 0.5) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/**
 * The strides of four stages that start at 1/4 of the input's size and would each halve it, none going past `most`; in
 * the place of a stride that is left out the dilation doubles.
 */
export function dilatedStages(most: number): { stride: number; dilation: number }[] {
  return [1, 2, 4, 8].map((factor, i) => {
    const dilation = Math.max(1, (4 * factor) / most);
    return { stride: i > 0 && 4 * factor <= most ? 2 : 1, dilation };
  });
}
