/** Matching the tensors of a PyTorch file to a network's parameters: by name and shape, then into our layout. */
import { Problem } from '../contract/problem.ts';
import type { ParamSpec } from '../networks/graph.ts';
import { fromTorch } from '../networks/torch-layout.ts';
import { type FileTensor, listTensors, requireFinite, shapeText } from './tensor-file.ts';

/** How a file fits a network, by names and shapes alone. */
export interface Fit {
  /** Names of the network's parameters that the file has. */
  matched: string[];
  /** What the network needs and the file lacks, as the file would name it. */
  missing: { name: string; shape: number[] }[];
  /** What the file holds and the network does not have. */
  unexpected: { name: string; shape: number[] }[];
  /** Tensors that have another shape in the file than in the network. */
  mismatched: { name: string; file: number[]; network: number[] }[];
}

export interface Match extends Fit {
  /** The matched weights by our names, in our layout. */
  weights: Map<string, Float32Array>;
}

/** What wrappers put before every name: DataParallel, Lightning and the like, torch.compile. */
const PREFIXES = ['module.', 'model.', '_orig_mod.'];

/**
 * The tensors by the names that the network itself gave them: without the prefixes of wrappers and without batch
 * norm's `num_batches_tracked`, which nothing here needs.
 */
export function ownNames(tensors: ReadonlyMap<string, FileTensor>): Map<string, FileTensor> {
  let entries = [...tensors].filter(([name]) => !name.endsWith('num_batches_tracked'));
  for (;;) {
    const prefix = PREFIXES.find((text) => entries.length > 0 && entries.every(([name]) => name.startsWith(text)));
    if (!prefix) return new Map(entries);
    entries = entries.map(([name, tensor]) => [name.slice(prefix.length), tensor]);
  }
}

/** Holds a file's tensors against the parameters of a network; nothing is thrown, the caller judges. */
export function fitOf(tensors: ReadonlyMap<string, FileTensor>, params: readonly ParamSpec[]): Fit {
  const found = ownNames(tensors);
  const fit: Fit = { matched: [], missing: [], unexpected: [], mismatched: [] };
  for (const { name, torchName, torchShape } of params) {
    const tensor = found.get(torchName);
    found.delete(torchName);
    if (!tensor) fit.missing.push({ name: torchName, shape: [...torchShape] });
    else if (shapeText(tensor.shape) !== shapeText(torchShape)) {
      fit.mismatched.push({ name: torchName, file: tensor.shape, network: [...torchShape] });
    } else fit.matched.push(name);
  }
  fit.unexpected = [...found].map(([name, { shape }]) => ({ name, shape }));
  return fit;
}

/** The same with the weights of what matches. */
export function matchWeights(tensors: ReadonlyMap<string, FileTensor>, params: readonly ParamSpec[]): Match {
  const found = ownNames(tensors);
  const fit = fitOf(found, params);
  const matched = new Set(fit.matched);
  const specs = params.filter(({ name }) => matched.has(name));
  return {
    ...fit,
    weights: new Map(specs.map((spec) => [spec.name, fromTorch(spec, found.get(spec.torchName)!.data)])),
  };
}

/**
 * What does not match, as a sentence with names and shapes, or undefined where everything does.
 * @param where the file
 */
export function describeMismatch(match: Fit, where: string): string | undefined {
  const parts: string[] = [];
  if (match.missing.length) parts.push(`lacks ${listTensors(match.missing)}`);
  if (match.mismatched.length) {
    const more = match.mismatched.length > 5 ? ` and ${match.mismatched.length - 5} more` : '';
    const shapes = match.mismatched.slice(0, 5).map(({ name, file, network }) => {
      return `${name} as ${shapeText(file)} where the network has ${shapeText(network)}`;
    });
    parts.push(`has ${shapes.join(', ')}${more}`);
  }
  if (match.unexpected.length) parts.push(`holds ${listTensors(match.unexpected)}, which the network does not have`);
  return parts.length ? `${where} ${parts.join('; it ')}.` : undefined;
}

/**
 * The weights of a complete match. Tensors that the network does not have are no fault.
 * @throws Problem naming what is missing or of another shape, or weights that are not numbers
 */
export function requireComplete(match: Match, where: string): Map<string, Float32Array> {
  if (match.missing.length || match.mismatched.length) {
    throw new Problem(describeMismatch(match, where)!, {
      where,
      next: 'Choose a file of the network itself, saved whole.',
    });
  }
  requireFinite(match.weights, where);
  return match.weights;
}
