/** How fast a model is on a machine, and what memory it takes. */
import { z } from 'zod';
import { memoryText } from './memory.ts';

const milliseconds = z.number().positive();

export const modelSpeed = z.object({
  /** Of forward passes over one picture, input and output on the device; p95: 95 of 100 take no longer. */
  medianMs: milliseconds,
  p95Ms: milliseconds,
  passes: z.number().int().positive(),
  /** Height and width of the picture. */
  size: z.tuple([z.number().int(), z.number().int()]),
  /** Bytes by which the process grew at its largest, weights included; null where they are on a graphics card. */
  memory: z.number().nullable(),
  engine: z.string(),
  machine: z.string(),
  at: z.string(),
});
export type ModelSpeed = z.infer<typeof modelSpeed>;

/** What the worker measures of it. */
export type MeasuredSpeed = Pick<ModelSpeed, 'medianMs' | 'p95Ms' | 'passes' | 'memory'>;

/** For example `12.3 ms for a picture of 480 × 360 on cpu (95 of 100 take at most 14.0 ms), 120 MB of memory`. */
export function speedText({ medianMs, p95Ms, size: [height, width], engine, memory }: ModelSpeed): string {
  const most = `95 of 100 take at most ${p95Ms.toFixed(1)} ms`;
  const picture = `a picture of ${width} × ${height} on ${engine}`;
  return `${medianMs.toFixed(1)} ms for ${picture} (${most})${memory === null ? '' : `, ${memoryText(memory)} of memory`}`;
}
