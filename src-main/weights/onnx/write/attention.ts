import type { Size3 } from '../../../networks/node-kind.ts';
import type { OnnxWriter, WriteCall, WriteKind } from '../writer.ts';

/** Attentions. */
export const attentions: Record<string, WriteKind> = {
  attention: ({ node, inputs, output, sizes, size, writer }) => {
    const { heads = 1 } = node.attrs;
    const { scale: factor = 1 / Math.sqrt(sizes[0][2] / heads) } = node.attrs;
    const [query, key, value] = ['query', 'key', 'value'].map((name, i) => {
      const shape = writer.ints(`${output}/${name}/shape`, [0, heads, sizes[i][2] / heads, -1]);
      return writer.op('Reshape', [inputs[i], shape], `${output}/${name}`);
    });
    const turned = writer.op('Transpose', [query], `${output}/query/turned`, { perm: [0, 1, 3, 2] });
    const products = writer.op('MatMul', [turned, key], `${output}/products`);
    const scale = writer.scalar(`${output}/scale`, factor);
    const scores = writer.op('Mul', [products, scale], `${output}/scores`);
    const weights = writer.op('Softmax', [scores], `${output}/weights`, { axis: 3 });
    const back = writer.op('Transpose', [weights], `${output}/weights/turned`, { perm: [0, 1, 3, 2] });
    asPicture(writer, writer.op('MatMul', [value, back], `${output}/means`), output, size);
  },
  groupAttention: ({ node, inputs, output, sizes, size: [height, width, channels], writer }) => {
    const { side, heads = 1 } = node.attrs;
    const [h, w] = [height / side, width / side];
    // Each group as a picture of its own: [groups, heads, channels of a head, pixels]
    const [query, key, value] = ['query', 'key', 'value'].map((name, i) => {
      const at = `${output}/${name}`;
      const cut = writer.ints(`${at}/cut`, [sizes[i][2], side, h, side, w]);
      const parts = writer.op('Reshape', [inputs[i], cut], `${at}/parts`);
      const groups = writer.op('Transpose', [parts], `${at}/groups`, { perm: [1, 3, 0, 2, 4] });
      const shape = writer.ints(`${at}/shape`, [side * side, heads, sizes[i][2] / heads, h * w]);
      return writer.op('Reshape', [groups, shape], at);
    });
    const turned = writer.op('Transpose', [query], `${output}/query/turned`, { perm: [0, 1, 3, 2] });
    const products = writer.op('MatMul', [turned, key], `${output}/products`);
    const scale = writer.scalar(`${output}/scale`, 1 / Math.sqrt(sizes[0][2] / heads));
    const weights = writer.op(
      'Softmax',
      [writer.op('Mul', [products, scale], `${output}/scores`)],
      `${output}/weights`,
      {
        axis: 3,
      },
    );
    const back = writer.op('Transpose', [weights], `${output}/weights/turned`, { perm: [0, 1, 3, 2] });
    const means = writer.op('MatMul', [value, back], `${output}/means`);
    const cut = writer.ints(`${output}/cut`, [side, side, channels, h, w]);
    const parts = writer.op('Reshape', [means, cut], `${output}/parts`);
    const joined = writer.op('Transpose', [parts], `${output}/joined`, { perm: [2, 0, 3, 1, 4] });
    writer.op('Reshape', [joined, writer.ints(`${output}/shape`, [1, channels, height, width])], output);
  },
  channelAttention: ({ inputs: [input], output, size, writer }) => {
    const x = flat(writer, input, `${output}/pixels`);
    const turned = writer.op('Transpose', [x], `${output}/pixels/turned`, { perm: [0, 2, 1] });
    const products = writer.op('MatMul', [x, turned], `${output}/products`);
    const scores = writer.op('Neg', [products], `${output}/scores`);
    const weights = writer.op('Softmax', [scores], `${output}/weights`, { axis: 2 });
    asPicture(writer, writer.op('MatMul', [weights, x], `${output}/means`), output, size);
  },
  // Columns and rows are what products go over, one after the other: [1, w, h, c] and [1, h, w, c]
  crissCross: ({ inputs, output, size: [height, width], writer }) => {
    const turn = (from: string, name: string, perm: number[]) =>
      writer.op('Transpose', [from], `${output}/${name}`, { perm });
    const [query, key, value] = inputs;
    const itself = new Float32Array(height * height);
    for (let i = 0; i < height; i++) itself[i * (height + 1)] = -1e30;
    const column = writer.op(
      'MatMul',
      [turn(query, 'query/columns', [0, 3, 2, 1]), turn(key, 'key/columns', [0, 3, 1, 2])],
      `${output}/products/columns`,
    );
    const others = writer.array(`${output}/itself`, [height, height], itself);
    const along = turn(writer.op('Add', [column, others], `${output}/others`), 'along', [0, 2, 1, 3]);
    const across = writer.op(
      'MatMul',
      [turn(query, 'query/rows', [0, 2, 3, 1]), turn(key, 'key/rows', [0, 2, 1, 3])],
      `${output}/products/rows`,
    );
    const scores = writer.op('Concat', [along, across], `${output}/scores`, { axis: 3 });
    const weights = writer.op('Softmax', [scores], `${output}/weights`, { axis: 3 });
    const sizes = writer.ints(`${output}/sizes`, [height, width]);
    const first = `${output}/weights/along`;
    const second = `${output}/weights/across`;
    writer.op('Split', [weights, sizes], first, { axis: 3 }, [second]);
    const byColumn = writer.op(
      'MatMul',
      [turn(first, 'weights/columns', [0, 2, 1, 3]), turn(value, 'value/columns', [0, 3, 2, 1])],
      `${output}/means/columns`,
    );
    const byRow = writer.op('MatMul', [second, turn(value, 'value/rows', [0, 2, 3, 1])], `${output}/means/rows`);
    const both = [turn(byColumn, 'means/along', [0, 3, 2, 1]), turn(byRow, 'means/across', [0, 3, 1, 2])];
    writer.op('Add', both, output);
  },
  pointAttention: (call) => {
    const { node, inputs, output, size, writer } = call;
    const all = writer.op('Conv', [inputs[0], writer.param(node.params[0])], `${output}/told`);
    const told = flat(writer, all, `${output}/told/pixels`);
    // [other pixel, pixel that tells]
    const near = writer.op('GatherElements', [zeroBelow(call, told), places(call)], `${output}/near`, { axis: 1 });
    const { distribute } = node.attrs;
    const weights = writer.op('Softmax', [near], `${output}/weights`, { axis: distribute ? 2 : 1 });
    const value = flat(writer, inputs[1], `${output}/value`);
    // Over the pixels that are taken from, or over those that give
    const turned = distribute
      ? writer.op('Transpose', [weights], `${output}/weights/turned`, { perm: [0, 2, 1] })
      : weights;
    asPicture(writer, writer.op('MatMul', [value, turned], `${output}/means`), output, size);
  },
  regionMeans: ({ inputs: [x, maps], output, size: [regions, , channels], writer }) => {
    const scores = flat(writer, maps, `${output}/maps`);
    const shares = writer.op('Softmax', [scores], `${output}/shares`, { axis: 2 });
    const turned = writer.op('Transpose', [shares], `${output}/shares/turned`, { perm: [0, 2, 1] });
    const means = writer.op('MatMul', [flat(writer, x, `${output}/pixels`), turned], `${output}/means`);
    asPicture(writer, means, output, [regions, 1, channels]);
  },
};

/** [1, c, h·w]. */
function flat(writer: OnnxWriter, input: string, name: string): string {
  return writer.op('Reshape', [input, writer.ints(`${name}/shape`, [0, 0, -1])], name);
}

function asPicture(writer: OnnxWriter, input: string, output: string, [height, width, channels]: Size3): void {
  writer.op('Reshape', [input, writer.ints(`${output}/shape`, [0, channels, height, width])], output);
}

/** What is told of a place out of the filter's reach: a last row of zeros. */
function zeroBelow({ output, writer }: WriteCall, told: string): string {
  return writer.op('Pad', [told, writer.ints(`${output}/told/pads`, [0, 0, 0, 0, 1, 0])], `${output}/told/padded`);
}

/**
 * [1, pixels, pixels]: which of the places that the second tells of the first is, computed from the pixels' rows and
 * columns, as the whole matrix would make the file large.
 */
function places({ node, output, size: [height, width], writer }: WriteCall): string {
  const { side } = node.attrs;
  const half = (side - 1) / 2;
  const pixels = Array.from({ length: height * width }, (_, i) => [Math.floor(i / width), i % width]);
  const name = (part: string) => `${output}/places/${part}`;
  const axes = ['rows', 'columns'].map((axis, i) => {
    const values = pixels.map((pixel) => pixel[i]);
    const shapes = [writer.ints(name(`${axis}/down`), [1, -1, 1]), writer.ints(name(`${axis}/across`), [1, 1, -1])];
    const all = writer.ints(name(axis), values);
    const [other, own] = shapes.map((shape, k) =>
      writer.op('Reshape', [all, shape], name(`${axis}/${['other', 'own'][k]}`)),
    );
    const apart = writer.op('Sub', [other, own], name(`${axis}/apart`));
    const far = writer.op('Abs', [apart], name(`${axis}/far`));
    const near = writer.op('LessOrEqual', [far, writer.ints(name(`${axis}/reach`), [half])], name(`${axis}/near`));
    return { apart, near };
  });
  const [down, across] = axes;
  const lines = writer.op('Mul', [down.apart, writer.ints(name('side'), [side])], name('lines'));
  const sum = writer.op('Add', [lines, across.apart], name('sum'));
  const place = writer.op('Add', [sum, writer.ints(name('middle'), [half * side + half])], name('place'));
  const near = writer.op('And', [down.near, across.near], name('near'));
  return writer.op('Where', [near, place, writer.ints(name('none'), [side * side])], name('all'));
}
