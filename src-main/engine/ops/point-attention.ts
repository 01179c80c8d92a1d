/**
 * Point-wise spatial attention over NHWC tensors (Zhao et al., PSANet, ECCV 2018, section 3.2, with the softmax of its
 * authors' code): a convolution by 1×1 tells for each pixel, by places relative to it, how much it takes of the pixels
 * there (collect) or gives to those there (distribute). Places out of the filter's reach count as told zero.
 *
 * It goes by rows of the answer: what is there at once are the weights of one row, w·h·w floats for each picture, and
 * some times as many of which they are made. The gradient computes them again.
 */
import { type Tensor, type Tensor3D, type Tensor4D, tf } from '../tf.ts';
import { contract, contractGradients, matrixProduct } from './contract.ts';
import { softmaxGradient } from './softmax.ts';

/** Letters: image, row, column, channel, place relative to a column. */
const COLLECT = 'nwc,cjx->njwx';
const DISTRIBUTE = 'njwc,cjx->njwx';

/**
 * @param hidden [n, h, w, c]: what the convolution reads
 * @param value [n, h, w, c′]; the answer is of its shape
 * @param filter [1, 1, c, side²], `side` odd: the places relative to a pixel, row-major, its own in the middle
 */
export function pointAttention(hidden: Tensor4D, value: Tensor4D, filter: Tensor4D, distribute: boolean): Tensor4D {
  return tf.tidy(() => {
    const values = flat(value);
    const rows = Array.from({ length: value.shape[1] }, (_, row) =>
      tf.tidy(() => {
        const weights = softened(told(partOf(hidden, filter, row, distribute)), distribute);
        return matrixProduct.form(weights, values, [false, false]);
      }),
    );
    return tf.concat(rows, 1).reshape(value.shape);
  });
}

/** The gradients of hidden, value and filter. */
export function pointAttentionGradients(
  dy: Tensor4D,
  [hidden, value, filter]: readonly Tensor4D[],
  distribute: boolean,
): [Tensor4D, Tensor4D, Tensor4D] {
  return tf.tidy(() => {
    const [arriving, values] = [dy, value].map(flat);
    const [n, height, width] = hidden.shape;
    let sums: Tensor[] = [];
    for (let row = 0; row < height; row++) {
      const more = tf.tidy(() => {
        const part = partOf(hidden, filter, row, distribute);
        const weights = softened(told(part), distribute);
        const d = tf.slice(arriving, [0, row * width, 0], [n, width, -1]);
        const ofValue = matrixProduct.form(weights, d, [true, false]);
        const ofWeights = matrixProduct.form(d, values, [false, true]);
        const ofTold = softmaxGradient(ofWeights, weights, 2).reshape<Tensor4D>([n, width, height, width]);
        return [...partGradients(ofTold, part), ofValue];
      });
      const before = sums;
      sums = more.map((one, i) => (before[i] ? before[i].add(one) : one));
      if (row > 0) tf.dispose([...before, ...more]);
    }
    return [sums[0], sums[2].reshape(value.shape), sums[1].reshape(filter.shape)] as [Tensor4D, Tensor4D, Tensor4D];
  });
}

/** What one row of the answer is made of. */
interface Part {
  distribute: boolean;
  /** Of the rows in the filter's reach: [n, rows, w, c] where they give, the row itself where it collects, [n, w, c]. */
  hidden: Tensor;
  /** [c, rows, places]: how the convolution tells the columns of each row in reach. */
  filter: Tensor3D;
  /** Zeros before and after what is cut out of the picture's rows, the filter's rows, the filter's columns, and around the places that are told of a row. */
  rows: [number, number];
  filterRows: [number, number];
  filterColumns: [number, number];
  places: [number, number];
  /** The row itself, and how many there are. */
  row: [number, number];
}

function partOf(hidden: Tensor4D, filter: Tensor4D, row: number, distribute: boolean): Part {
  const [n, height, width, channels] = hidden.shape;
  const side = Math.sqrt(filter.shape[3]);
  const half = (side - 1) / 2;
  const first = Math.max(0, row - half);
  const count = Math.min(height, row + half + 1) - first;
  const reach = Math.min(half, width - 1);
  // Of a pixel that gives, the answer's row lies where the giving one lies of it.
  const top = distribute ? row - (first + count - 1) + half : first - row + half;
  const places = filter.reshape([channels, side, side]);
  const cut = tf.slice(places, [0, top, half - reach], [channels, count, 2 * reach + 1]);
  const near = distribute
    ? tf.slice(hidden, [0, first, 0, 0], [n, count, width, channels])
    : tf.slice(hidden, [0, row, 0, 0], [n, 1, width, channels]).reshape([n, width, channels]);
  return {
    distribute,
    hidden: near,
    filter: (distribute ? tf.reverse(cut, 1) : cut) as Tensor3D,
    rows: [first, height - first - count],
    filterRows: [top, side - top - count],
    filterColumns: [half - reach, half - reach],
    places: [width - 1 - reach, width - 1 - reach],
    row: [row, height - 1 - row],
  };
}

/** [n, h, w, w′]: what the pixels of a row tell of those of every other (collect), or theirs of its (distribute). */
function told({ distribute, hidden, filter, rows, places }: Part): Tensor4D {
  const relative = contract(distribute ? DISTRIBUTE : COLLECT, hidden, filter) as Tensor4D;
  return skewed(tf.pad(relative, [[0, 0], rows, [0, 0], places]));
}

/** The gradients of hidden, [n, h, w, c], and of the filter, [c, side, side], by that of what is told, as softened has it. */
function partGradients(dy: Tensor4D, part: Part): [Tensor4D, Tensor3D] {
  const { distribute, hidden, filter, rows, filterRows, filterColumns, places, row } = part;
  const [n, answers, height, width] = dy.shape;
  const padded = unskewed(dy.transpose(distribute ? [0, 2, 3, 1] : [0, 2, 1, 3]));
  const size = [n, height - rows[0] - rows[1], answers, 2 * width - 1 - places[0] - places[1]];
  const relative = tf.slice(padded, [0, rows[0], 0, places[0]], size as [number, number, number, number]);
  const equation = distribute ? DISTRIBUTE : COLLECT;
  const [ofHidden, ofFilter] = contractGradients(equation, relative, hidden, filter);
  const channels = filter.shape[0];
  const whole = distribute
    ? tf.pad(ofHidden as Tensor4D, [[0, 0], rows, [0, 0], [0, 0]])
    : tf.pad(ofHidden.reshape<Tensor4D>([n, 1, width, channels]), [[0, 0], row, [0, 0], [0, 0]]);
  const inOrder = (distribute ? tf.reverse(ofFilter, 1) : ofFilter) as Tensor3D;
  return [whole, tf.pad(inOrder, [[0, 0], filterRows, filterColumns])];
}

/** [n, pixels of the answer's row, all pixels], each one's sum 1. */
function softened(all: Tensor4D, distribute: boolean): Tensor3D {
  const [n, height, width] = all.shape;
  const byAnswer = all.transpose<Tensor4D>(distribute ? [0, 3, 1, 2] : [0, 2, 1, 3]);
  return tf.softmax(byAnswer.reshape<Tensor3D>([n, width, height * width]));
}

/** Of places relative to each column, [n, h, w, 2w − 1], those of the picture's columns, [n, h, w, w]. */
function skewed(x: Tensor4D): Tensor4D {
  const [n, height, width] = x.shape;
  if (width === 1) return x;
  // In rows shorter by one each next one starts a place earlier.
  const short = 2 * width - 2;
  const line = tf.slice(x.reshape<Tensor3D>([n, height, -1]), [0, 0, width - 1], [n, height, width * short]);
  return tf.slice(line.reshape<Tensor4D>([n, height, width, short]), [0, 0, 0, 0], [n, height, width, width]);
}

/** The gradient of skewed. */
function unskewed(dy: Tensor4D): Tensor4D {
  const [n, height, width] = dy.shape;
  if (width === 1) return dy;
  const rows = tf.pad(dy, [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, width - 2],
  ]);
  const line = tf.pad(rows.reshape<Tensor3D>([n, height, -1]), [
    [0, 0],
    [0, 0],
    [width - 1, 1],
  ]);
  return line.reshape([n, height, width, 2 * width - 1]);
}

/** [n, h·w, c]. */
function flat(x: Tensor4D): Tensor3D {
  const [n, h, w, c] = x.shape;
  return x.reshape([n, h * w, c]);
}
