/** The kinds of nodes a network graph is made of: one file each in kinds/, one line each here. */
import { add } from './kinds/add.ts';
import { averagePool } from './kinds/average-pool.ts';
import { batchNorm } from './kinds/batch-norm.ts';
import { concat } from './kinds/concat.ts';
import { conv } from './kinds/conv.ts';
import { convTranspose } from './kinds/conv-transpose.ts';
import { input } from './kinds/input.ts';
import { prelu } from './kinds/prelu.ts';
import type { NodeKind } from './node-kind.ts';

const kinds = new Map<string, NodeKind>(
  [input, conv, convTranspose, batchNorm, prelu, add, concat, averagePool].map((kind) => [kind.id, kind]),
);

/** The kind of this id. */
export function kindOf(id: string): NodeKind {
  const kind = kinds.get(id);
  if (!kind) throw new Error(`There is no kind of node called ${id}.`);
  return kind;
}
