/**
 * The arrays of every network of the registry, by name and shape, so that a file can be held against all of them without
 * building each anew. It is made when it is first needed, and kept: building all networks once takes the time.
 */
import type { NetworkRef } from '../contract/model.ts';
import { buildNetwork, networkInfos } from '../networks/registry.ts';

/**
 * The outputs that the networks are built with: far more than any size that does not depend on them, so that a size of
 * k·MANY + r is one of k·outputs + r.
 */
const MANY = 1_000_003;
/** No size of a network for pictures is larger. */
const LARGEST = 100_000;
/** The most outputs that are looked for in a file. */
const MOST = 4096;

interface Indexed {
  network: NetworkRef;
  params: readonly { torchName: string; torchShape: readonly number[] }[];
  /** Whether each size is k·outputs + r; ESPNet's decoder splits its outputs among branches. */
  plain: boolean;
}

export interface IndexedFit {
  network: NetworkRef;
  /** Channels of the logits: as wished for, as the file's last layer has them, or two where that is not known. */
  outputs: number;
  /** How many arrays of the network the file lacks, or has in another shape. */
  lacks: number;
  /** How many tensors of the file the network does not have. */
  unexpected: number;
}

let index: readonly Indexed[] | undefined;

/** The networks at their default options. */
function networkIndex(): readonly Indexed[] {
  index ??= networkInfos().map(({ id }) => indexed({ id, options: {} }));
  return index;
}

function indexed(network: NetworkRef): Indexed {
  const params = buildNetwork(network, MANY).params.map(({ torchName, torchShape }) => ({ torchName, torchShape }));
  const plain = params.every(({ torchShape }) => torchShape.every((size) => size % MANY < LARGEST));
  return { network, params, plain };
}

/** How tensors fit each network of the registry. @param outputs where they are told */
export function fitsOfAll(
  tensors: ReadonlyMap<string, { shape: readonly number[] }>,
  outputs: number | null,
): IndexedFit[] {
  return networkIndex().map((one) => fitOf(tensors, one, outputs ?? outputsIn(tensors, one) ?? 2));
}

/** The channels of a network's logits, by the shapes of the arrays in a file that depend on them. */
export function outputsOf(
  tensors: ReadonlyMap<string, { shape: readonly number[] }>,
  network: NetworkRef,
): number | undefined {
  return outputsIn(tensors, indexed(network));
}

function fitOf(
  tensors: ReadonlyMap<string, { shape: readonly number[] }>,
  { network, plain, ...rest }: Indexed,
  outputs: number,
): IndexedFit {
  const params = plain ? rest.params : buildNetwork(network, outputs).params;
  let [found, fitting] = [0, 0];
  for (const { torchName, torchShape } of params) {
    const tensor = tensors.get(torchName);
    if (!tensor) continue;
    found++;
    if (isShape(tensor.shape, torchShape, outputs)) fitting++;
  }
  return { network, outputs, lacks: params.length - fitting, unexpected: tensors.size - found };
}

function outputsIn(
  tensors: ReadonlyMap<string, { shape: readonly number[] }>,
  { params }: Indexed,
): number | undefined {
  for (const { torchName, torchShape } of params) {
    const axis = torchShape.findIndex((size) => size >= MANY);
    const tensor = axis >= 0 ? tensors.get(torchName) : undefined;
    if (!tensor) continue;
    const times = Math.floor(torchShape[axis] / MANY);
    const outputs = ((tensor.shape[axis] ?? 0) - (torchShape[axis] % MANY)) / times;
    const possible = Number.isInteger(outputs) && outputs > 0 && outputs <= MOST;
    if (possible && isShape(tensor.shape, torchShape, outputs)) return outputs;
  }
  return undefined;
}

/** Whether a shape is that of an array of the index at a number of outputs. */
function isShape(shape: readonly number[], indexed: readonly number[], outputs: number): boolean {
  if (shape.length !== indexed.length) return false;
  return indexed.every((size, i) => {
    return shape[i] === (size < MANY ? size : Math.floor(size / MANY) * outputs + (size % MANY));
  });
}
