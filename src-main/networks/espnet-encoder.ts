/**
 * The encoder of ESPNet (Mehta et al., ECCV 2018, arXiv 1803.06815): efficient spatial pyramid modules in three
 * levels at 1/2, 1/4 and 1/8 of the input's size, with the reduced input joined to each level.
 * Written from the paper and the names and shapes of the authors' weight files.
 */
import type { GraphBuilder } from './graph.ts';

const EPSILON = 1e-3;
const DILATIONS = [2, 4, 8, 16];

export interface EncoderOptions {
  /** ESP modules of level 2 and of level 3 (the paper's α₂ and α₃). */
  p: number;
  q: number;
  /** Factor on the channels of all levels: 16, 64 and 128. */
  width: number;
}

/** The options' descriptions for the registry. */
export const encoderOptions = [
  { name: 'p', title: 'ESP modules in level 2 (α₂)', default: 2, min: 1, max: 20, integer: true },
  { name: 'q', title: 'ESP modules in level 3 (α₃)', default: 3, min: 1, max: 40, integer: true },
  { name: 'width', title: 'Factor on the channels of all levels', default: 1, min: 0.5, max: 4, integer: false },
];

/** The nodes of the encoder that a head or decoder goes on from. */
export interface EncoderEnds {
  /** Level 1 alone, and joined with the reduced input (1/2). */
  level1: string;
  join1: string;
  /** Levels 2 and 3 with their first modules joined (1/4 and 1/8). */
  join2: string;
  join3: string;
}

/** The ends of the levels, whatever p and q are. */
export const LEVEL_TAPS = ['level1', 'level2', 'level3'];

/** @param torch prefix of the names in the authors' files, 'encoder.' or empty */
export function addEncoder(b: GraphBuilder, { p, q, width }: EncoderOptions, torch: string): EncoderEnds {
  const [narrow, middle, wide] = [16, 64, 128].map((channels) => Math.round(channels * width));
  const level1 = convNormAct(
    b,
    'level1',
    'input',
    { filters: narrow, kernel: 3, stride: 2, padding: 1 },
    `${torch}level1`,
  );
  const pool = { kernel: 3, stride: 2, padding: 1 };
  const half = b.add('reduced1', 'averagePool', ['input'], pool);
  const quarter = b.add('reduced2', 'averagePool', [half], pool);
  const join1 = joinNormAct(b, 'join1', [level1, half], `${torch}b1`);

  const down2 = espModule(b, 'down2', join1, middle, { torch: `${torch}level2_0`, form: 'down' });
  const level2 = chain(b, 'level2', down2, p, `${torch}level2`);
  const join2 = joinNormAct(b, 'join2', [level2, down2, quarter], `${torch}b2`);

  const down3 = espModule(b, 'down3', join2, wide, { torch: `${torch}level3_0`, form: 'down' });
  const level3 = chain(b, 'level3', down3, q, `${torch}level3`);
  const join3 = joinNormAct(b, 'join3', [down3, level3], `${torch}b3`);
  return { level1, join1, join2, join3 };
}

/** `count` ESP modules with residuals. The last one carries the level's name, so that taps do not depend on p and q. */
function chain(b: GraphBuilder, level: string, input: string, count: number, torch: string): string {
  let end = input;
  for (let i = 0; i < count; i++) {
    const name = i === count - 1 ? level : `${level}.${i}`;
    end = espModule(b, name, end, b.channels(input), { torch: `${torch}.${i}`, form: 'residual' });
  }
  return end;
}

/**
 * An efficient spatial pyramid module: reduce to a fifth of the channels, five dilated convolutions side by side, and
 * their running sums joined, so that the far dilations leave no grid.
 * `down` halves the size, `residual` adds the input, `plain` does neither.
 */
export function espModule(
  b: GraphBuilder,
  name: string,
  input: string,
  filters: number,
  { torch, form }: { torch: string; form: 'down' | 'residual' | 'plain' },
): string {
  const part = Math.floor(filters / (DILATIONS.length + 1));
  const down = form === 'down';
  const reduced = b.add(
    `${name}.reduce`,
    'conv',
    [input],
    down ? { filters: part, kernel: 3, stride: 2, padding: 1 } : { filters: part, kernel: 1 },
    `${torch}.c1.conv`,
  );
  const dilated = (dilation: number, count: number) =>
    b.add(
      `${name}.dilated${dilation}`,
      'conv',
      [reduced],
      { filters: count, kernel: 3, dilation, padding: dilation },
      `${torch}.d${dilation}.conv`,
    );
  const branches = [dilated(1, filters - DILATIONS.length * part), ...DILATIONS.map((d) => dilated(d, part))];
  const residual = form === 'residual' ? 1 : 0;
  const end = b.add(`${name}.fused`, 'branchFusion', residual ? [...branches, input] : branches, { residual });
  // In the authors' files the plain modules hold norm and slope in one part, the downsampling ones side by side.
  return normAct(b, name, end, down ? torch : `${torch}.bn`);
}

/** Convolution, batch norm and PReLU, the latter as the node `name`. */
export function convNormAct(
  b: GraphBuilder,
  name: string,
  input: string,
  attrs: { filters: number; kernel: number; stride?: number; padding: number },
  torch: string,
): string {
  return normAct(b, name, b.add(`${name}.conv`, 'conv', [input], attrs, `${torch}.conv`), torch);
}

/** Concatenation, batch norm and PReLU, the latter as the node `name`. */
export function joinNormAct(b: GraphBuilder, name: string, inputs: string[], torch: string): string {
  return normAct(b, name, b.add(`${name}.joined`, 'concat', inputs), torch);
}

/** Batch norm and PReLU, the latter as the node `name`. */
export function normAct(b: GraphBuilder, name: string, input: string, torch: string): string {
  return b.add(name, 'prelu', [norm(b, `${name}.norm`, input, `${torch}.bn`)], {}, `${torch}.act`);
}

/** Batch norm with the authors' ε. */
export function norm(b: GraphBuilder, name: string, input: string, torch: string): string {
  return b.add(name, 'batchNorm', [input], { epsilon: EPSILON }, torch);
}
