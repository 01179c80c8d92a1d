/** How values of an ONNX model are pictures of ours. Pure. */
import type { Size2, Size3 } from '../../../networks/node-kind.ts';

/** `layout` of an opaque node: channels before or after the pixels, or rows of tokens, of which the first `skip` are no pixels. */
export const LAYOUT = { channelsFirst: 0, channelsLast: 1, tokens: 2 } as const;

export interface Form {
  layout: (typeof LAYOUT)[keyof typeof LAYOUT];
  skip: number;
  /** Height, width, channels. */
  size: Size3;
}

/** Sides of the patches that transformers cut pictures into. */
const PATCHES = [4, 8, 16, 32, 14, 2, 12, 64];
/** Tokens that stand for no patch, such as that of the class. */
const MOST_SKIPPED = 8;

/**
 * The picture that a value of these dimensions is, for an input of this height and width; undefined where it is none.
 * Four axes are channels first unless only the other way has the input's proportions.
 */
export function formOf(dims: readonly number[], input: Size2): Form | undefined {
  if (dims[0] !== 1 || dims.some((size) => size < 1)) return undefined;
  if (dims.length === 4) {
    const [, a, b, c] = dims;
    if (!alike([b, c], input) && alike([a, b], input)) {
      return { layout: LAYOUT.channelsLast, skip: 0, size: [a, b, c] };
    }
    return { layout: LAYOUT.channelsFirst, skip: 0, size: [b, c, a] };
  }
  if (dims.length !== 3) return undefined;
  const [, length, channels] = dims;
  const found = PATCHES.filter((side) => input.every((whole) => whole % side === 0))
    .map((side): [number, number] => [input[0] / side, input[1] / side])
    .map(([height, width]) => ({ height, width, skip: length - height * width }))
    .filter(({ skip }) => skip >= 0 && skip <= MOST_SKIPPED)
    .sort((one, other) => one.skip - other.skip)[0];
  return found && { layout: LAYOUT.tokens, skip: found.skip, size: [found.height, found.width, channels] };
}

/** Whether a picture of this size has another's proportions, but for the rounding of its sides. */
function alike([height, width]: Size2, [fullHeight, fullWidth]: Size2): boolean {
  return height <= fullHeight && Math.abs((height * fullWidth) / fullHeight - width) < 1;
}
