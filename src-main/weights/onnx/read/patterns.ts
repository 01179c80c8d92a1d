/** Groups of operators that exporters write for what later opsets have one operator for. */
import type { OnnxNode } from '../proto.ts';

/** What the patterns ask of constants. */
export interface Known {
  /** The one value of a name, or undefined. */
  value(name: string): number | undefined;
  /** Whether it is a list of numbers. */
  isList(name: string): boolean;
}

/**
 * The nodes with LayerNormalization, Gelu and products of matrices with a bias in the place of the operators that they
 * were taken apart into: the last of these becomes the whole, the others are dropped where nothing else reads them.
 */
export function withPatterns(nodes: readonly OnnxNode[], known: Known, outputs: readonly string[]): OnnxNode[] {
  const makers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const readers = new Map<string, OnnxNode[]>();
  for (const node of nodes) for (const name of node.input) readers.set(name, [...(readers.get(name) ?? []), node]);
  const by = (name: string | undefined, ...types: string[]) => {
    const node = name === undefined ? undefined : makers.get(name);
    return node && types.includes(node.opType) ? node : undefined;
  };
  const only = (node: OnnxNode | undefined, ...types: string[]) => {
    const list = node ? (readers.get(node.output[0]) ?? []) : [];
    return list.length === 1 && types.includes(list[0].opType) ? list[0] : undefined;
  };
  const other = (node: OnnxNode | undefined, name: string | undefined) => node?.input.find((one) => one !== name);
  const replaced = new Map<OnnxNode, OnnxNode>();

  for (const node of nodes) {
    if (node.opType === 'Div') {
      const norm = layerNorm(node);
      if (norm) replaced.set(norm.last, norm.whole);
    } else if (node.opType === 'Erf') {
      const gelu = asGelu(node);
      if (gelu) replaced.set(gelu.last, gelu.whole);
    } else if (node.opType === 'MatMul') {
      const sum = only(node, 'Add');
      const bias = other(sum, node.output[0]);
      if (sum && bias !== undefined && known.isList(bias)) {
        replaced.set(sum, { ...sum, opType: 'MatMul', input: [...node.input, bias] });
      }
    }
  }
  return needed(
    nodes.map((node) => replaced.get(node) ?? node),
    outputs,
  );

  /** (x − mean) / √(mean of its square + ε) · scale + offset */
  function layerNorm(div: OnnxNode) {
    const sub = by(div.input[0], 'Sub');
    const add = by(by(div.input[1], 'Sqrt')?.input[0], 'Add');
    const epsilon = add?.input.map(known.value).find((value) => value !== undefined);
    const variance = by(
      add?.input.find((name) => known.value(name) === undefined),
      'ReduceMean',
    );
    const square = by(variance?.input[0], 'Pow', 'Mul');
    const mean = by(sub?.input[1], 'ReduceMean');
    if (!sub || !variance || !mean || epsilon === undefined || mean.input[0] !== sub.input[0]) return undefined;
    // The difference may be computed a second time for the square
    const again = by(square?.input[0], 'Sub') ?? by(by(square?.input[0], 'Cast')?.input[0], 'Sub');
    if (again?.input[0] !== sub.input[0]) return undefined;
    const mul = only(div, 'Mul');
    const sum = only(mul, 'Add');
    const scale = other(mul, div.output[0]);
    const offset = other(sum, mul?.output[0]);
    if (!mul || !sum || scale === undefined || offset === undefined) return undefined;
    const attribute = [
      { name: 'axis', type: 2, i: -1 },
      { name: 'epsilon', type: 1, f: epsilon },
    ];
    return {
      last: sum,
      whole: { ...sum, opType: 'LayerNormalization', input: [sub.input[0], scale, offset], attribute },
    };
  }

  /** x · (1 + erf(x / √2)) / 2, with the half before or after */
  function asGelu(erf: OnnxNode) {
    const scaled = by(erf.input[0], 'Div', 'Mul');
    const x = scaled?.input.find((name) => known.value(name) === undefined);
    const by2 = scaled?.input.map(known.value).find((value) => value !== undefined) ?? 0;
    const root = scaled?.opType === 'Div' ? by2 : 1 / by2;
    const plus = only(erf, 'Add');
    const product = only(plus, 'Mul');
    if (x === undefined || !product || Math.abs(root - Math.SQRT2) > 1e-3) return undefined;
    if (plus?.input.map(known.value).find((value) => value !== undefined) !== 1) return undefined;
    const half = (node: OnnxNode | undefined) => node?.input.some((name) => known.value(name) === 0.5);
    const rest = other(product, plus.output[0]);
    const whole = (last: OnnxNode) => ({ last, whole: { ...last, opType: 'Gelu', input: [x], attribute: [] } });
    const before = by(rest, 'Mul');
    if (before && half(before) && before.input.includes(x)) return whole(product);
    const after = only(product, 'Mul');
    if (rest === x && after && half(after)) return whole(after);
    // 0.5 · (1 + erf) first
    return undefined;
  }
}

/** The nodes that the outputs depend on, in order. */
export function needed(nodes: readonly OnnxNode[], outputs: readonly string[]): OnnxNode[] {
  const wanted = new Set(outputs);
  const kept: OnnxNode[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.output.some((name) => wanted.has(name))) continue;
    for (const name of node.input) wanted.add(name);
    kept.push(node);
  }
  return kept.reverse();
}
