/**
 * A discriminator of score maps with self-attention and spectral normalisation, as SKD's authors took it from SAGAN: batch
 * norm; convolutions 4×4 of stride 2 with LeakyReLU 0.1, each of twice the channels; self-attention after the last two of
 * them; a convolution 4×4 to one channel; the mean over what positions are left. It learns apart from the student.
 */
import { total } from '../base/total.ts';
import { sumAll } from '../engine/ops/reduce.ts';
import { softened } from '../engine/ops/softmax.ts';
import { SHORTEST } from '../engine/ops/unit.ts';
import { valueAndGradients, withGradient } from '../engine/ops/with-gradient.ts';
import {
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  tf,
} from '../engine/tf.ts';
import {
  batchNormArrays,
  batchNormed,
  type ConvSettings,
  convArrays,
  convolution,
  pointwise,
  pointwiseArrays,
} from './layers.ts';
import type { OwnArray } from './method.ts';

type Own = ReadonlyMap<string, Tensor>;

/** The most halvings; smaller maps are halved less often. */
const MOST = 4;
const KERNEL = 4;
const SLOPE = 0.1;
const HALVING: ConvSettings = { stride: 2, padding: 1 };

/** How often a map is halved: so that the last convolution still fits in; 0 where it is too small to be halved at all. */
export function halvings([height, width]: readonly [number, number]): number {
  return Math.max(0, Math.min(MOST, Math.floor(Math.log2(Math.min(height, width) / KERNEL))));
}

/**
 * Its arrays, of which `layerI.u` is what spectral normalisation remembers from step to step.
 * @param count of halvings
 * @param width channels after the first
 */
export function discriminatorArrays(channels: number, count: number, width: number): OwnArray[] {
  const learns = 'ownLoss';
  const after = (layer: number) => (layer < 0 ? channels : width * 2 ** layer);
  const layers = Array.from({ length: count }, (_, i): OwnArray[] => [
    ...convArrays(`layer${i}`, KERNEL, after(i - 1), after(i), { learns }),
    { name: `layer${i}.u`, shape: [after(i)], init: { kind: 'uniform', bound: 1 }, learns: 'none' },
    ...(i < count - 2 ? [] : attentionArrays(`attention${i}`, after(i))),
  ]);
  return [
    ...batchNormArrays('norm', channels, learns),
    ...layers.flat(),
    ...convArrays('last', KERNEL, after(count - 1), 1, { learns }),
  ];
}

function attentionArrays(name: string, channels: number): OwnArray[] {
  const learns = 'ownLoss';
  const keys = Math.max(1, Math.floor(channels / 8));
  return [
    ...pointwiseArrays(`${name}.query`, channels, keys, { learns }),
    ...pointwiseArrays(`${name}.key`, channels, keys, { learns }),
    ...pointwiseArrays(`${name}.value`, channels, channels, { learns }),
    { name: `${name}.gamma`, shape: [1], init: { kind: 'constant', value: 0 }, learns },
  ];
}

/** How many numbers one image's way through it takes. @param size of the map */
export function discriminatorSize([height, width]: readonly [number, number], channels: number): number {
  const layers = Array.from({ length: halvings([height, width]) }, (_, i) => {
    const cells = (height * width) / 4 ** (i + 1);
    return 3 * cells * channels * 2 ** i + (i < 2 ? 0 : 2 * cells ** 2);
  });
  return total(layers);
}

/**
 * The score of each map: [N].
 * @param maps [N, h, w, channels]
 * @param options.constant whether its arrays are constant here
 */
export function scoresOf(maps: Tensor4D, own: Own, { constant = false } = {}): Tensor1D {
  let x = batchNormed(maps, own, 'norm');
  for (let i = 0; own.has(`layer${i}.weight`); i++) {
    const filter = spectrallyNormalised(own, `layer${i}`);
    const convolved = convolution(x, own, `layer${i}`, { ...HALVING, filter, constant });
    x = convolved.mul<Tensor4D>(convolved.step(SLOPE));
    if (own.has(`attention${i}.gamma`)) x = attended(x, own, `attention${i}`);
  }
  return convolution(x, own, 'last', { constant }).mean<Tensor1D>([1, 2, 3]);
}

/** What spectral normalisation remembers after a step: one power iteration further. */
export function remembered(own: Own): Record<string, Tensor> {
  const next: Record<string, Tensor> = {};
  for (let i = 0; own.has(`layer${i}.weight`); i++) {
    const { u } = powerIteration(rowsOf(own, `layer${i}`), own.get(`layer${i}.u`) as Tensor1D);
    next[`layer${i}.u`] = u.reshape([-1]);
  }
  return next;
}

/** A filter as [weights of an output, outputs]. */
function rowsOf(own: Own, name: string): Tensor2D {
  const filter = own.get(`${name}.weight`) as Tensor4D;
  return filter.reshape([-1, filter.shape[3]]);
}

function powerIteration(weights: Tensor2D, before: Tensor1D): { u: Tensor2D; v: Tensor2D } {
  const direction = (x: Tensor2D) => x.div<Tensor2D>(x.square().sum().sqrt().add(SHORTEST));
  const v = direction(tf.matMul(weights, before.reshape<Tensor2D>([-1, 1])));
  return { u: direction(tf.matMul(weights, v, true)), v };
}

/** W/σ, σ = uᵀWv after one power iteration; u and v are constant (Miyato et al., ICLR 2018). */
function spectrallyNormalised(own: Own, name: string): Tensor4D {
  const sigma = withGradient<Tensor2D, Scalar>(rowsOf(own, name), (weights) => {
    const { u, v } = powerIteration(weights, own.get(`${name}.u`) as Tensor1D);
    const outer = tf.matMul<Tensor2D>(v, u, false, true);
    return {
      value: sumAll(weights.mul(outer)),
      saved: [outer],
      gradient: (dy, [slope]) => slope.mul<Tensor2D>(dy),
    };
  });
  return (own.get(`${name}.weight`) as Tensor4D).div(sigma);
}

/** x + γ · attention of every position to every other (Zhang et al., SAGAN, ICML 2019). */
function attended(x: Tensor4D, own: Own, name: string): Tensor4D {
  const [query, key, value] = ['query', 'key', 'value'].map((part) => tokens(pointwise(x, own, `${name}.${part}`)));
  const weights = softened(tf.matMul<Tensor3D>(query, key, false, true), 1);
  const seen = tf.matMul<Tensor3D>(weights, value).reshape<Tensor4D>(x.shape);
  return seen.mul<Tensor4D>(own.get(`${name}.gamma`)!).add<Tensor4D>(x);
}

function tokens(x: Tensor4D): Tensor3D {
  return x.reshape([x.shape[0], x.shape[1] * x.shape[2], x.shape[3]]);
}

/**
 * The gradient penalty of WGAN-GP: mean over maps of (‖∂ score / ∂ first channels‖₂ − 1)², differentiable with respect to the
 * arrays (Gulrajani et al., NeurIPS 2017, equation 3). The gradient of a gradient is had as that of a derivative along a
 * direction: with g = ∂ Σ scores / ∂ map and v = ∂ penalty / ∂ g held constant, ∂ penalty / ∂ arrays is that of ⟨v, g⟩,
 * which is how the scores change along v.
 * @param maps the maps to be judged, and what they are judged with, along the channels
 */
export function gradientPenalty(maps: Tensor4D, given: Tensor4D | undefined, own: Own): Scalar {
  const judged = (x: Tensor4D) => (given ? tf.concat([x, given], 3) : x);
  const { gradients } = valueAndGradients(() => scoresOf(judged(maps), own, { constant: true }).sum(), [maps]);
  const slope = gradients[0] as Tensor4D;
  const [batch] = maps.shape;
  const norms = slope.square().sum<Tensor1D>([1, 2, 3]).sqrt();
  const off = norms.sub(1);
  const factors = off.div(norms.maximum(SHORTEST)).mul(2 / batch);
  // Read, so that they are constant in what follows.
  const penalty = off.square().mean().dataSync()[0];
  const values = slope.mul(factors.reshape([batch, 1, 1, 1])).dataSync<'float32'>();
  const along = tf.tensor4d(values, maps.shape);
  const change = changeAlong(judged(maps), given ? tf.concat([along, tf.zerosLike(given)], 3) : along, own);
  return withGradient<Scalar, Scalar>(change, () => ({ value: tf.scalar(penalty), saved: [], gradient: (dy) => dy }));
}

/** A tensor, and how it changes along a direction. */
interface Dual {
  at: Tensor4D;
  change: Tensor4D;
}

/** How the sum of the scores changes where the maps change along a direction; differentiable with respect to the arrays. */
function changeAlong(maps: Tensor4D, direction: Tensor4D, own: Own): Scalar {
  let dual = normChange(maps, direction, own);
  for (let i = 0; own.has(`layer${i}.weight`); i++) {
    const filter = spectrallyNormalised(own, `layer${i}`);
    const at = convolution(dual.at, own, `layer${i}`, { ...HALVING, filter });
    const side = at.step(SLOPE);
    const change = convolution(dual.change, new Map(), `layer${i}`, { ...HALVING, filter });
    dual = { at: at.mul(side), change: change.mul(side) };
    if (own.has(`attention${i}.gamma`)) dual = attentionChange(dual, own, `attention${i}`);
  }
  const filter = own.get('last.weight') as Tensor4D;
  return convolution(dual.change, new Map(), 'last', { filter }).mean([1, 2, 3]).sum();
}

function normChange(maps: Tensor4D, direction: Tensor4D, own: Own): Dual {
  const centred = maps.sub<Tensor4D>(maps.mean([0, 1, 2], true));
  const scale = centred.square().mean([0, 1, 2], true).add(1e-5).rsqrt();
  const normal = centred.mul<Tensor4D>(scale);
  const along = normal.mul(normal.mul(direction).mean([0, 1, 2], true));
  const change = direction
    .sub(direction.mean([0, 1, 2], true))
    .sub(along)
    .mul(scale)
    .mul<Tensor4D>(own.get('norm.gamma')!);
  return { at: batchNormed(maps, own, 'norm'), change };
}

function attentionChange({ at, change }: Dual, own: Own, name: string): Dual {
  const parts = ['query', 'key', 'value'].map((part) => {
    const withoutBias = new Map([[`${name}.${part}.weight`, own.get(`${name}.${part}.weight`)!]]);
    return [pointwise(at, own, `${name}.${part}`), pointwise(change, withoutBias, `${name}.${part}`)].map(tokens);
  });
  const [[query, queryChange], [key, keyChange], [value, valueChange]] = parts;
  const weights = softened(tf.matMul<Tensor3D>(query, key, false, true), 1);
  const energyChange = tf.matMul<Tensor3D>(queryChange, key, false, true).add(tf.matMul(query, keyChange, false, true));
  const weightsChange = weights.mul<Tensor3D>(energyChange.sub(weights.mul(energyChange).sum(2, true)));
  const gamma = own.get(`${name}.gamma`)!;
  const seen = tf.matMul<Tensor3D>(weights, value).reshape<Tensor4D>(at.shape);
  const seenChange = tf
    .matMul<Tensor3D>(weightsChange, value)
    .add(tf.matMul(weights, valueChange))
    .reshape<Tensor4D>(at.shape);
  return { at: seen.mul(gamma).add(at), change: seenChange.mul(gamma).add(change) };
}
