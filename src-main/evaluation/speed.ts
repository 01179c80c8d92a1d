/** How long a model takes for a picture, and how much memory. */
import type { MeasuredSpeed } from '../contract/speed.ts';
import { type Tensor4D, tf } from '../engine/tf.ts';
import type { OpenModel } from '../training/model.ts';
import { wholeImage } from './whole-image.ts';

/** The first passes also pay for what is prepared once. */
const FIRST = 5;
/** So many are timed; fewer of a slow model, but no fewer than the least. */
const PASSES = { most: 100, least: 20, forMs: 20_000 };

/**
 * Runs a model on one picture again and again.
 * @param open reads the model: its weights count as memory
 * @param size height and width of the picture
 * @param resident whether what the model takes is the process's own memory, not a graphics card's
 * @param onProgress told after each pass
 */
export async function measureSpeed(
  open: () => Promise<OpenModel>,
  size: readonly [number, number],
  resident: boolean,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<MeasuredSpeed> {
  const before = process.memoryUsage.rss();
  const model = await open();
  const picture = tf.randomUniform([1, ...size, 3], 0, 255, 'float32', 1) as Tensor4D;
  const times: number[] = [];
  let largest = before;
  const began = performance.now();
  const enough = () =>
    times.length >= PASSES.most || (times.length >= PASSES.least && performance.now() - began > PASSES.forMs);
  for (let pass = 0; !enough(); pass++) {
    const { logits, ms } = wholeImage(model, picture);
    logits.dispose();
    largest = Math.max(largest, process.memoryUsage.rss());
    if (pass < FIRST) continue;
    times.push(ms);
    onProgress(times.length, PASSES.most);
  }
  picture.dispose();
  model.executable.dispose();
  const sorted = times.sort((a, b) => a - b);
  return {
    medianMs: quantile(sorted, 0.5),
    p95Ms: quantile(sorted, 0.95),
    passes: sorted.length,
    memory: resident ? largest - before : null,
  };
}

/** The smallest value that a share of all is no larger than (nearest rank). */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
