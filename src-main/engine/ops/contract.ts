/** Contractions in Einstein's notation, by batched matrix products, which every engine has with right numbers. */
import type { Half } from '../../contract/precision.ts';
import { type Tensor, type Tensor3D, tf } from '../tf.ts';
import { Op, wave } from './forms.ts';
import { runHalfKernel } from './kernels.ts';

/** Products of matrices, [batch, rows, columns] each; `turned`: whether a matrix lies the other way. */
type Product = (a: Tensor3D, b: Tensor3D, turned: readonly [boolean, boolean]) => Tensor3D;

const inHalf =
  (half: Half): Product =>
  (a, b, [adj_x, adj_y]) =>
    runHalfKernel(half, 'BatchMatMulV2', [a, b], { bools: { adj_x, adj_y } }) as Tensor3D;

export const matrixProduct = new Op<Product>(
  'matrix product',
  { plain: (a, b, turned) => tf.matMul(a, b, ...turned), bfloat16: inHalf('bfloat16'), float16: inHalf('float16') },
  (form) => [
    form(wave([2, 3, 5]), wave([2, 5, 4], 1), [false, false]),
    form(wave([2, 5, 3]), wave([2, 4, 5], 1), [true, true]),
  ],
);

/**
 * Sum over the letters of `a` and `b` that the answer does not have: `contract('bqd,bkd->bqk', q, k)` gives each
 * query's product with each key. Every letter stands in exactly two of the three, or in all three (a batch).
 */
export function contract(equation: string, a: Tensor, b: Tensor): Tensor {
  const { left, right, out, batch, rows, columns, summed } = parse(equation);
  return tf.tidy(() => {
    const sizes = new Map<string, number>();
    for (const [letters, tensor] of [
      [left, a],
      [right, b],
    ] as const) {
      letters.forEach((letter, axis) => {
        const size = sizes.get(letter) ?? tensor.shape[axis];
        if (letters.length !== tensor.shape.length || size !== tensor.shape[axis]) {
          throw new Error(`${equation} does not fit ${a.shape.join('×')} and ${b.shape.join('×')}.`);
        }
        sizes.set(letter, size);
      });
    }
    const count = (letters: string[]) => letters.reduce((product, letter) => product * sizes.get(letter)!, 1);
    const first = asMatrices(a, left, [batch, rows, summed], count);
    const second = asMatrices(b, right, [batch, summed, columns], count);
    const product = matrixProduct.form(first.matrices, second.matrices, [first.turned, second.turned]);
    const order = [...batch, ...rows, ...columns];
    const shaped = product.reshape(order.map((letter) => sizes.get(letter)!));
    return arranged(shaped, order, out);
  });
}

/** The gradients of contract's two tensors. */
export function contractGradients(equation: string, dy: Tensor, a: Tensor, b: Tensor): [Tensor, Tensor] {
  const { left, right, out } = parse(equation);
  const [l, r, o] = [left, right, out].map((letters) => letters.join(''));
  return [contract(`${o},${r}->${l}`, dy, b), contract(`${l},${o}->${r}`, a, dy)];
}

function parse(equation: string) {
  const match = equation.match(/^(\w+),(\w+)->(\w+)$/);
  if (!match) throw new Error(`${equation} is no contraction of two tensors.`);
  const [left, right, out] = match.slice(1).map((letters) => [...letters]);
  const batch = out.filter((letter) => left.includes(letter) && right.includes(letter));
  const rows = out.filter((letter) => left.includes(letter) && !right.includes(letter));
  const columns = out.filter((letter) => right.includes(letter) && !left.includes(letter));
  const summed = left.filter((letter) => right.includes(letter) && !out.includes(letter));
  const parts: [string[], number][] = [
    [left, batch.length + rows.length + summed.length],
    [right, batch.length + columns.length + summed.length],
    [out, batch.length + rows.length + columns.length],
  ];
  if (parts.some(([letters, used]) => letters.length !== used || new Set(letters).size !== used)) {
    throw new Error(`${equation} has a letter that stands in one tensor only, or twice in one.`);
  }
  return { left, right, out, batch, rows, columns, summed };
}

/** A tensor as [batch, rows, columns], turned where its axes lie the other way: a product does that without a copy. */
function asMatrices(
  x: Tensor,
  letters: string[],
  [batch, rows, columns]: string[][],
  count: (letters: string[]) => number,
): { matrices: Tensor3D; turned: boolean } {
  const turned = letters.join('') === [...batch, ...columns, ...rows].join('') && rows.length > 0;
  const [height, width] = turned ? [columns, rows] : [rows, columns];
  const laid = arranged(x, letters, [...batch, ...height, ...width]);
  return { matrices: laid.reshape([count(batch), count(height), count(width)]), turned };
}

function arranged(x: Tensor, from: string[], to: string[]): Tensor {
  if (from.join('') === to.join('')) return x;
  return tf.transpose(
    x,
    to.map((letter) => from.indexOf(letter)),
  );
}
