/** A network's nodes in blocks, by how their names begin: `stage3` holds `stage3`, `stage3.0` and `stage3.0.conv`. Pure. */
import type { Graph } from './graph.ts';

export interface Block {
  /** The beginning that its nodes' names have, with a slash at the end: no node's name ends so. */
  id: string;
  title: string;
  parent: Block | null;
  /** The names of its nodes, in the graph's order. */
  nodes: string[];
  children: Block[];
}

/** A graph without names that say anything is cut into blocks of about so many nodes where the size of the picture changes. */
const FLAT = 24;

/** The outermost blocks. Single nodes are in none. */
export function blocksOf(graph: Graph, strideOf: (node: string) => number): Block[] {
  const names = graph.nodes.map(({ name }) => name);
  const found = grouped(names, null, 0);
  const loose = names.length - found.reduce((sum, { nodes }) => sum + nodes.length, 0);
  return loose > 2 * FLAT ? byStride(graph, strideOf) : found;
}

/** The blocks that each node lies in, from the outside in. */
export function blocksByNode(blocks: readonly Block[]): Map<string, Block[]> {
  const result = new Map<string, Block[]>();
  const visit = (block: Block) => {
    for (const node of block.nodes) result.set(node, [...(result.get(node) ?? []), block]);
    block.children.forEach(visit);
  };
  blocks.forEach(visit);
  return result;
}

/** Blocks to open so that about `most` boxes are seen: the largest one first, as long as there is room for its parts. */
export function overview(blocks: readonly Block[], nodes: number, most = 28): string[] {
  const inside = (block: Block) =>
    block.children.reduce((sum, child) => sum - child.nodes.length + 1, block.nodes.length);
  const open: string[] = [];
  const closed = [...blocks];
  let seen = blocks.reduce((sum, block) => sum - block.nodes.length + 1, nodes);
  while (closed.length > 0) {
    closed.sort((a, b) => b.nodes.length - a.nodes.length);
    const at = closed.findIndex((block) => seen + inside(block) - 1 <= most);
    if (at < 0) return open;
    const [block] = closed.splice(at, 1);
    seen += inside(block) - 1;
    open.push(block.id);
    closed.push(...block.children);
  }
  return open;
}

/** The parts of a name: modules' names are joined by dots, an ONNX file's by slashes. */
function partsOf(name: string): string[] {
  return name.split(name.includes('/') ? '/' : '.');
}

function grouped(names: readonly string[], parent: Block | null, depth: number): Block[] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const parts = partsOf(name);
    // A node with the name of the block that it lies in is that block's end
    if (parts.length <= depth) continue;
    const key = parts.slice(0, depth + 1).join(name.includes('/') ? '/' : '.');
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  const blocks: Block[] = [];
  for (const [title, nodes] of groups) {
    if (nodes.length < 2) continue;
    // A block that holds all of the one around it says nothing new
    if (nodes.length === names.length) return grouped(names, parent, depth + 1);
    const block: Block = { id: `${title}/`, title, parent, nodes, children: [] };
    block.children = grouped(nodes, block, depth + 1);
    blocks.push(block);
  }
  return blocks;
}

function byStride(graph: Graph, strideOf: (node: string) => number): Block[] {
  const blocks: Block[] = [];
  let last: { block: Block; stride: number } | null = null;
  for (const { name, inputs } of graph.nodes) {
    if (inputs.length === 0) continue;
    const stride = strideOf(name);
    if (!last || (last.block.nodes.length >= FLAT && stride !== last.stride) || last.block.nodes.length >= 2 * FLAT) {
      const title: string = `part ${blocks.length + 1}, 1/${Math.round(stride * 100) / 100}`;
      last = { block: { id: `${title}/`, title, parent: null, nodes: [], children: [] }, stride };
      blocks.push(last.block);
    }
    last.block.nodes.push(name);
    last.stride = stride;
  }
  return blocks;
}
