/** A network as a drawing: which boxes are seen, what stands in them, and where they lie (layered: Sugiyama et al., 1981). */
import dagre from '@dagrejs/dagre';
import type { DrawnBox, DrawnEdge, NetworkDrawing } from '../contract/network-drawing.ts';
import { type Block, blocksByNode, blocksOf, overview } from './blocks.ts';
import { countNetwork, type Graph, heldElsewhere, nodeSizes, sizeOf } from './graph.ts';
import { kindOf } from './kinds.ts';
import type { Size2 } from './node-kind.ts';

/** In CSS pixels: what a box's lines take, and a letter of its title. */
const BOX = { lines: 44, figures: 16, tap: 20, letter: 7.2, room: 28, least: 230, most: 340 };

/**
 * @param wanted height and width of the input, which are brought up to multiples of the graph's stride
 * @param open ids of the blocks that are open; null: as many as give an overview
 */
export function drawNetwork(
  graph: Graph,
  title: string,
  wanted: Size2,
  open: readonly string[] | null,
): NetworkDrawing {
  const [height, width] = wanted.map((side) => Math.ceil(side / graph.stride) * graph.stride);
  const size: [number, number] = [height, width];
  const sizes = nodeSizes(graph, size);
  const strideOf = (node: string) => height / sizes.get(node)![0];
  const blocks = blocksOf(graph, strideOf);
  const around = blocksByNode(blocks);
  const all = [...new Set([...around.values()].flat())];
  const opened = new Set(open ?? overview(blocks, graph.nodes.length));
  /** The box that stands for a node: the outermost block that is closed, or the node itself. */
  const seenAs = (node: string) => around.get(node)?.find(({ id }) => !opened.has(id))?.id ?? node;
  const shapeOf = (node: string): [number, number, number] => [...sizes.get(node)!];

  const boxes = new Map<string, DrawnBox>();
  const add = (id: string, block: Block | null, parent: Block | null) => {
    const fresh = { nodes: 0, parameters: 0, macs: 0, taps: [], attrs: {}, x: 0, y: 0, width: 0, height: 0 };
    const open = block !== null && opened.has(block.id);
    const head = { id, title: block?.title ?? id, kind: null, open, parent: parent?.id ?? null };
    boxes.set(id, { ...head, ...fresh, shape: [0, 0, 0] });
  };
  const counted = new Set<string>();
  for (const node of graph.nodes) {
    const inside = around.get(node.name) ?? [];
    const seen = seenAs(node.name);
    const closed = inside.findIndex(({ id }) => id === seen);
    const frames = closed < 0 ? inside : inside.slice(0, closed + 1);
    for (const [i, block] of frames.entries()) {
      if (!boxes.has(block.id)) add(block.id, block, frames[i - 1] ?? null);
    }
    if (closed < 0) add(node.name, null, inside.at(-1) ?? null);
    const inputs = node.inputs.map((input) => sizes.get(input)!);
    const macs = kindOf(node.kind).macs(node.attrs, inputs, sizes.get(node.name)!);
    // Those of a node that repeats another stand at the first.
    const arrays = node.params.filter(({ name, trainable }) => trainable && !counted.has(name));
    for (const { name } of arrays) counted.add(name);
    const parameters = arrays.reduce((sum, { shape }) => sum + sizeOf(shape), heldElsewhere(node));
    for (const id of [...frames.map((block) => block.id), ...(closed < 0 ? [node.name] : [])]) {
      const box = boxes.get(id)!;
      box.nodes++;
      box.parameters += parameters;
      box.macs += macs;
      // Of a block what its last node gives
      box.shape = shapeOf(node.name);
      if (graph.defaultTaps.includes(node.name)) box.taps.push(node.name);
    }
    const own = boxes.get(node.name);
    if (own && closed < 0) Object.assign(own, { kind: node.kind, attrs: { ...node.attrs } });
  }
  const links = new Map<string, { from: string; to: string }>();
  for (const { name, inputs } of graph.nodes) {
    for (const input of inputs) {
      const [from, to] = [seenAs(input), seenAs(name)];
      if (from !== to) links.set(`${from}\n${to}`, { from, to });
    }
  }
  const placed = place([...boxes.values()], [...links.values()]);
  const kinds: Record<string, number> = {};
  for (const { kind } of graph.nodes) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return {
    title,
    size,
    ...countNetwork(graph, size),
    stride: graph.stride,
    logitsStride: graph.logitsStride,
    outputs: graph.outputs,
    kinds,
    taps: graph.defaultTaps.map((name) => ({ name, shape: shapeOf(name), stride: strideOf(name) })),
    open: all.map(({ id }) => id).filter((id) => opened.has(id)),
    names: graph.nodes.map(({ name }) => ({ name, blocks: (around.get(name) ?? []).map(({ id }) => id) })),
    ...placed,
  };
}

function place(
  boxes: readonly DrawnBox[],
  links: readonly { from: string; to: string }[],
): Pick<NetworkDrawing, 'boxes' | 'edges' | 'width' | 'height'> {
  const layout = new dagre.graphlib.Graph({ compound: true });
  layout.setGraph({ rankdir: 'TB', nodesep: 24, ranksep: 36, edgesep: 12, marginx: 16, marginy: 16 });
  layout.setDefaultEdgeLabel(() => ({}));
  for (const box of boxes) layout.setNode(box.id, box.open ? {} : { ...sizeOfBox(box) });
  for (const { id, parent } of boxes) if (parent !== null) layout.setParent(id, parent);
  for (const { from, to } of links) layout.setEdge(from, to);
  dagre.layout(layout);
  const edges: DrawnEdge[] = links.map(({ from, to }) => {
    const { points = [] } = layout.edge(from, to) as { points?: { x: number; y: number }[] };
    return { from, to, points: points.map(({ x, y }) => ({ x: Math.round(x), y: Math.round(y) })) };
  });
  const whole = layout.graph() as { width?: number; height?: number };
  return {
    boxes: boxes.map((box) => {
      const { x, y, width, height } = layout.node(box.id) as { x: number; y: number; width: number; height: number };
      const corner = { x: Math.round(x - width / 2), y: Math.round(y - height / 2) };
      return { ...box, ...corner, width: Math.round(width), height: Math.round(height) };
    }),
    edges,
    width: Math.round(whole.width ?? 0),
    height: Math.round(whole.height ?? 0),
  };
}

function sizeOfBox({ title, taps, parameters, macs }: DrawnBox): { width: number; height: number } {
  const letters = Math.max(title.length, ...taps.map((tap) => tap.length + 4));
  const figures = parameters > 0 || macs > 0 ? BOX.figures : 0;
  const width = Math.min(BOX.most, Math.max(BOX.least, letters * BOX.letter + BOX.room));
  return { width, height: BOX.lines + figures + taps.length * BOX.tap };
}
