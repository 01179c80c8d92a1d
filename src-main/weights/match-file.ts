/** Weights of a network that the user, or a comparison with every network known here, says a file is of. */
import path from 'node:path';
import { sha256OfFile } from '../base/files.ts';
import type { ModelCard } from '../contract/model.ts';
import type { ModelMatch, ModelNaming } from '../contract/model-requests.ts';
import { Problem } from '../contract/problem.ts';
import type { Graph } from '../networks/graph.ts';
import { buildNetwork } from '../networks/registry.ts';
import { assumedCard } from './catalogue.ts';
import { type Fit, fitOf, matchWeights, ownNames, requireComplete } from './match.ts';
import { fitsOfAll, type IndexedFit, outputsOf } from './network-index.ts';
import { readPth } from './pth.ts';
import { readSafetensors } from './safetensors.ts';
import type { FileTensor, TensorFile } from './tensor-file.ts';

/**
 * How a file's tensors fit a network, and which that is likely to be where nobody says.
 * @param wish the network, its outputs, and names in the file that stand for others of the network; each may be left out
 * @throws Problem where the file cannot be read, or the network not be built
 */
export async function matchFile(file: string, wish: ModelNaming): Promise<ModelMatch> {
  const { fit, network, outputs, classes } = fitted(file, await read(file), wish);
  const { matched, missing, unexpected, mismatched } = fit;
  return { network, outputs, classes, matched: matched.length, missing, unexpected, mismatched };
}

/**
 * The model that a file is with this naming. Tensors that the network does not have are left out.
 * @throws Problem where a tensor is missing or of another shape, or holds NaN
 */
export async function namedModelOf(
  file: string,
  wish: ModelNaming,
): Promise<{ card: ModelCard; weights: Map<string, Float32Array>; notes: string[] }> {
  const { tensors, graph, network, outputs } = fitted(file, await read(file), wish);
  const weights = requireComplete(matchWeights(tensors, graph.params), file);
  const { assumed, ...rest } = assumedCard(outputs, {});
  const name = path.basename(file, path.extname(file));
  const card = { name, network, outputs, ...rest, sha256: await sha256OfFile(file) };
  return { card, weights, notes: assumed ? [assumed] : [] };
}

async function read(file: string): Promise<TensorFile> {
  return path.extname(file).toLowerCase() === '.safetensors' ? readSafetensors(file) : readPth(file);
}

interface Fitted {
  /** The file's, by the names that they have in the network. */
  tensors: ReadonlyMap<string, FileTensor>;
  graph: Graph;
  fit: Fit;
  network: ModelCard['network'];
  outputs: number;
  /** The data set whose classes the outputs are taken for. */
  classes: string[];
}

function fitted(file: string, { tensors }: TensorFile, wish: ModelNaming): Fitted {
  const found = ownNames(tensors);
  const named = new Map(found);
  for (const [ours, theirs] of Object.entries(wish.names)) {
    const tensor = found.get(theirs);
    if (!tensor) throw new Problem(`${file} has no tensor ${theirs}.`, { where: file, next: 'Choose another name.' });
    named.delete(theirs);
    named.set(ours, tensor);
  }
  const { network, outputs } = wish.network
    ? { network: wish.network, outputs: wish.outputs ?? outputsOf(named, wish.network) ?? 2 }
    : likeliest(named, wish.outputs);
  const graph = buildNetwork(network, outputs);
  const classes = assumedCard(outputs, {}).classes.map(({ name }) => name);
  return { tensors: named, graph, fit: fitOf(named, graph.params), network, outputs, classes };
}

/** The network that lacks the fewest of its own arrays; of those, the one that leaves the fewest over. */
function likeliest(tensors: ReadonlyMap<string, FileTensor>, outputs: number | null): IndexedFit {
  const [best] = fitsOfAll(tensors, outputs).sort((a, b) => a.lacks - b.lacks || a.unexpected - b.unexpected);
  return best;
}
