/** What points are coloured by, and what the colours mean. Pure. */

import type { DatasetSummary } from '../../src-main/contract/dataset.ts';
import type { ColourBy } from '../../src-main/contract/embedding.ts';
import { cssColor } from '../canvas/palette.ts';
import { colorAt, SEQUENTIAL } from '../compare/colors.ts';
import { pixel } from './paint.ts';

type Color = readonly [number, number, number];

/** Told apart by the colour-blind, on light and on dark (Okabe and Ito, Color Universal Design, 2008). */
const NAMED: readonly Color[] = [
  [0, 114, 178],
  [230, 159, 0],
  [0, 158, 115],
  [204, 121, 167],
  [213, 94, 0],
  [86, 180, 233],
  [240, 228, 66],
];
const NONE: Color = [128, 128, 128];
const STEPS = 256;

export interface LegendEntry {
  label: string;
  css: string;
  points: number;
}

/** A list of what the colours stand for, those that occur, or a scale from 0 to 1. */
export type Legend = { kind: 'list'; entries: LegendEntry[] } | { kind: 'scale'; none: number };

/** The colour of each point, and their meaning. @param values as `projectionResources.colours` answers; null: not there yet */
export function colourPoints(
  by: ColourBy,
  values: Float32Array | null,
  count: number,
  dataset: Pick<DatasetSummary, 'classes' | 'splits'>,
): { colours: Uint32Array; legend: Legend } {
  const none = pixel(NONE);
  if (!values) return { colours: new Uint32Array(count).fill(none), legend: { kind: 'list', entries: [] } };
  if (by.kind === 'score') {
    const table = Array.from({ length: STEPS }, (_, step) => pixel(colorAt(SEQUENTIAL, step / (STEPS - 1))));
    const colours = Uint32Array.from(values, (value) => (value >= 0 ? table[Math.round(value * (STEPS - 1))] : none));
    return { colours, legend: { kind: 'scale', none: values.filter(Number.isNaN).length } };
  }
  const meanings = meaningsOf(by, dataset);
  const pixels = meanings.map(({ color }) => pixel(color));
  const colours = Uint32Array.from(values, (value) => pixels[value] ?? none);
  const points = new Array<number>(meanings.length).fill(0);
  let rest = 0;
  for (const value of values) {
    if (value < points.length) points[value]++;
    else rest++;
  }
  const entries = meanings.map(({ label, color }, i) => ({ label, css: cssColor(color), points: points[i] }));
  if (rest > 0) entries.push({ label: 'without', css: cssColor(NONE), points: rest });
  return { colours, legend: { kind: 'list', entries: entries.filter((entry) => entry.points > 0) } };
}

function meaningsOf(
  by: Exclude<ColourBy, { kind: 'score' }>,
  { classes, splits }: Pick<DatasetSummary, 'classes' | 'splits'>,
): { label: string; color: Color }[] {
  if (by.kind === 'class') return classes.map(({ name, color }) => ({ label: name, color }));
  if (by.kind === 'tag') {
    return [
      { label: 'without the tag', color: NONE },
      { label: by.tag, color: NAMED[4] },
    ];
  }
  return splits.map(({ name }, i) => ({ label: name, color: NAMED[i % NAMED.length] }));
}
