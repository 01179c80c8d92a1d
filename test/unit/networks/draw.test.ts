/** Networks as drawings: what stands in the boxes, and where they lie. */
import { describe, expect, test } from 'vitest';
import type { DrawnBox, NetworkDrawing } from '../../../src-main/contract/network-drawing.ts';
import { drawNetwork } from '../../../src-main/networks/draw.ts';
import { countNetwork, type Graph, GraphBuilder, nodeSizes } from '../../../src-main/networks/graph.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';

const SIZE = [128, 192] as const;
const IDS = ['espnet', 'bisenetv2', 'deeplabv3plus-mobilenetv2', 'pspnet-r18', 'unet'];

const outermost = ({ boxes }: NetworkDrawing) => boxes.filter(({ parent }) => parent === null);
const allBlocks = ({ names }: NetworkDrawing) => [...new Set(names.flatMap(({ blocks }) => blocks))];

/** The drawing's boxes by the nodes that they stand for. */
function standsFor(drawing: NetworkDrawing): Map<string, string> {
  const seen = new Set(drawing.boxes.filter(({ open }) => !open).map(({ id }) => id));
  return new Map(drawing.names.map(({ name, blocks }) => [name, [...blocks, name].find((id) => seen.has(id))!]));
}

function overlap(a: DrawnBox, b: DrawnBox): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

describe.each(IDS)('%s', (id) => {
  const graph = buildNetwork({ id, options: {} }, 12);
  const first = drawNetwork(graph, id, SIZE, null);
  const closed = drawNetwork(graph, id, SIZE, []);
  const some = drawNetwork(graph, id, SIZE, allBlocks(first).slice(0, 6));

  test.each([
    ['the overview', first],
    ['all closed', closed],
    ['some open', some],
  ])('%s holds every node once, and sums of what is in the boxes', (_, drawing) => {
    expect([...standsFor(drawing).values()].every(Boolean)).toBe(true);
    const sum = (of: (box: DrawnBox) => number) => outermost(drawing).reduce((all, box) => all + of(box), 0);
    const counted = countNetwork(graph, SIZE);
    expect(sum(({ nodes }) => nodes)).toBe(graph.nodes.length);
    expect(sum(({ parameters }) => parameters)).toBe(counted.parameters);
    expect(sum(({ macs }) => macs)).toBe(counted.macs);
    expect(
      outermost(drawing)
        .flatMap(({ taps }) => taps)
        .sort(),
    ).toEqual([...graph.defaultTaps].sort());
  });

  test('each edge of the graph between two boxes is drawn once, from the one to the other', () => {
    const boxOf = standsFor(some);
    const wanted = graph.nodes.flatMap(({ name, inputs }) =>
      inputs.map((input) => [boxOf.get(input), boxOf.get(name)] as const).filter(([from, to]) => from !== to),
    );
    const drawn = some.edges.map(({ from, to }) => `${from} → ${to}`).sort();
    expect(drawn).toEqual([...new Set(wanted.map(([from, to]) => `${from} → ${to}`))].sort());
  });

  test('boxes lie in their frames and beside each other, and edges end at their boxes', () => {
    for (const drawing of [first, some]) {
      const boxes = new Map(drawing.boxes.map((box) => [box.id, box]));
      for (const box of drawing.boxes) {
        const frame = box.parent === null ? undefined : boxes.get(box.parent)!;
        if (frame) {
          expect(frame.open).toBe(true);
          expect(box.x).toBeGreaterThanOrEqual(frame.x - 1);
          expect(box.x + box.width).toBeLessThanOrEqual(frame.x + frame.width + 1);
          expect(box.y + box.height).toBeLessThanOrEqual(frame.y + frame.height + 1);
        }
        const clashing = drawing.boxes.filter(
          (other) => other !== box && other.parent === box.parent && overlap(box, other),
        );
        expect(clashing.map((one) => one.id)).toEqual([]);
      }
      for (const { from, to, points } of drawing.edges) {
        const [a, b] = [boxes.get(from)!, boxes.get(to)!];
        expect(Math.abs(points[0].y - (a.y + a.height / 2))).toBeLessThanOrEqual(a.height / 2 + 1);
        expect(Math.abs(points.at(-1)!.y - (b.y + b.height / 2))).toBeLessThanOrEqual(b.height / 2 + 1);
      }
    }
  });

  test('shapes are those of the input’s size brought up to what the network takes', () => {
    const odd = drawNetwork(graph, id, [SIZE[0] - 3, SIZE[1] - 5], []);
    expect(odd.size).toEqual([...SIZE]);
    const sizes = nodeSizes(graph, SIZE);
    for (const { kind, id: name, shape } of first.boxes) if (kind !== null) expect(shape).toEqual(sizes.get(name));
  });
});

test('blocks are what begins alike, and a node with its block’s name is the block’s end', () => {
  const drawing = drawNetwork(buildNetwork({ id: 'pspnet-r18', options: {} }, 12), 'x', SIZE, ['stage3/']);
  const inside = drawing.boxes.filter(({ parent }) => parent === 'stage3/').map(({ id }) => id);
  expect(inside).toEqual(['stage3.0/', 'stage3.inner/', 'stage3.outer/', 'stage3.sum', 'stage3']);
  const block = drawing.boxes.find(({ id }) => id === 'stage4/')!;
  expect(block).toMatchObject({ kind: null, open: false, shape: [16, 24, 512] });
});

test('names of an ONNX file go by slashes, and one of bare numbers is cut where the size changes', () => {
  const slashes = drawNetwork(chain(['b/one/Conv', 'b/one/Relu', 'b/two/Conv', 'b/two/Relu', 'c/Conv']), 'x', SIZE, []);
  // All but one begin alike
  expect(slashes.boxes.map(({ id }) => id)).toEqual(['input', 'b/', 'c/Conv']);
  const numbers = drawNetwork(chain(Array.from({ length: 100 }, (_, i) => `Conv_${i}`)), 'x', SIZE, []);
  expect(numbers.boxes.length).toBeLessThan(10);
  expect(numbers.boxes.find(({ kind }) => kind === null)?.title).toMatch(/^part 1, 1\/1/);
});

/** One node after the other. */
function chain(names: string[]): Graph {
  const b = new GraphBuilder(3);
  let last = 'input';
  for (const name of names) last = b.add(name, 'relu', [last]);
  return b.build({ id: 'chain', options: {}, output: last, stride: 1, logitsStride: 1, defaultTaps: [last] });
}
