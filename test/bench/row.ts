/** Rows of the bench: how one is described, what it gives, and how it is printed. */
import path from 'node:path';
import type { Bench } from './bench.ts';
import type { ProfileSpec } from './profile.ts';

export type Unit = 'seconds' | 'bytes' | 'share' | 'count';

/** What a row found out. Seconds, bytes, a share of 1 or a number of things; null where there is no such number. */
export interface Measured {
  unit: Unit;
  ours: number | null;
  peer: number | null;
  /** Whom we are compared with, or why there is nobody. */
  peerName: string;
  ratio: number | null;
  /** Half the interquartile range of the pairs' ratios. */
  spread: number | null;
  /** Whole sentences that belong under the table. */
  notes?: string[];
}

export interface RowSpec {
  name: string;
  /** The most that the ratio is to be; null where there is no goal. */
  goal: number | null;
  measure(bench: Bench): Promise<Measured>;
  /** Processes of ours go on after it: then what others compute cannot be told from what they do. */
  livesOn?: boolean;
  /** What `--profile` looks into; absent where there is nothing of ours to look into. */
  profile?(bench: Bench): ProfileSpec;
}

/** A row as `--json` prints it. */
export interface Row extends Omit<Measured, 'unit' | 'notes'> {
  name: string;
  goal: number | null;
}

export function rowOf({ name, goal }: Pick<RowSpec, 'name' | 'goal'>, measured: Measured): Row {
  const { ours, peer, peerName, ratio, spread } = measured;
  return { name, ours, peer, peerName, ratio, spread, goal };
}

/** A row that could not be measured. */
export function missing(unit: Unit, reason: string): Measured {
  return { unit, ours: null, peer: null, peerName: reason, ratio: null, spread: null };
}

/**
 * The specs whose name is asked for; a name may hold `*`.
 * @throws Error for a name that fits none, naming those there are
 */
export function chosen<T extends { name: string }>(specs: readonly T[], only: readonly string[]): T[] {
  if (only.length === 0) return [...specs];
  const strange = only.find((name) => !specs.some((spec) => path.matchesGlob(spec.name, name)));
  if (strange !== undefined) {
    throw new Error(`There is no row “${strange}”. There are ${specs.map((spec) => spec.name).join(', ')}.`);
  }
  return specs.filter((spec) => only.some((name) => path.matchesGlob(spec.name, name)));
}

const HEAD = ['row', 'ours', 'peer', 'ratio', 'spread', 'goal', '', 'compared with'];

/** The table as text, columns aligned, with a last line break. */
export function tableText(rows: readonly { row: Row; unit: Unit }[]): string {
  const lines = rows.map(({ row, unit }) => [
    row.name,
    amount(row.ours, unit),
    amount(row.peer, unit),
    unit === 'share' ? amount(row.ratio, unit) : number(row.ratio),
    row.spread === null ? '–' : `± ${number(row.spread)}`,
    unit === 'share' ? amount(row.goal, unit) : number(row.goal),
    verdict(row),
    row.peerName,
  ]);
  const widths = HEAD.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column].length)));
  const text = (line: string[]) =>
    line
      .map((cell, column) => {
        if (column === 0 || column >= HEAD.length - 2) return cell.padEnd(widths[column]);
        return cell.padStart(widths[column]);
      })
      .join('  ')
      .trimEnd();
  return `${[HEAD, ...lines].map(text).join('\n')}\n`;
}

function verdict({ ratio, goal }: Row): string {
  if (ratio === null || goal === null) return '';
  return ratio <= goal ? 'met' : 'missed';
}

function number(value: number | null): string {
  return value === null ? '–' : value.toFixed(3);
}

export function amount(value: number | null, unit: Unit): string {
  if (value === null) return '–';
  if (unit === 'bytes') return `${(value / 2 ** 20).toFixed(0)} MiB`;
  if (unit === 'count') return String(Math.round(value));
  if (unit === 'share') return `${(value * 100).toFixed(2)} %`;
  return value < 1 ? `${(value * 1000).toFixed(1)} ms` : `${value.toFixed(3)} s`;
}
