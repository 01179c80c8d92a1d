/**
 * Run lengths as COCO and CVAT write masks: runs of 0 and 1 in turn, the first one of 0. COCO runs down the columns of
 * the whole image, CVAT along the rows of a box. After `maskApi.c` of pycocotools and CVAT's `xml_format.md`.
 */
import type { BoxMask, Span } from './spans.ts';

/**
 * COCO's text for run lengths as numbers: characters from 48 on carry five bits and a sixth that says that more follow,
 * lowest bits first, sign-extended; from the fourth on (i > 2) a number is the difference to the one two before it.
 * @throws Error in a few words where it is cut off or holds another character
 */
export function runsOfText(text: string): number[] {
  const runs: number[] = [];
  for (let at = 0; at < text.length; ) {
    let value = 0;
    for (let shift = 0; ; shift += 5) {
      const bits = text.charCodeAt(at++) - 48;
      // Six groups hold 30 bits, more than any image has pixels; NaN, past the end, fails every comparison.
      if (!(bits >= 0 && bits < 64) || shift > 25) throw new Error('its run lengths are damaged');
      value |= (bits & 31) << shift;
      if (bits & 32) continue;
      if (bits & 16) value |= -1 << (shift + 5);
      break;
    }
    runs.push(runs.length > 2 ? value + runs[runs.length - 2] : value);
  }
  return runs;
}

/** @throws Error in a few words where the runs are no whole numbers from 0 on whose sum is `pixels` */
export function checkRuns(runs: readonly number[], pixels: number): void {
  let sum = 0;
  for (const run of runs) {
    if (!Number.isInteger(run) || run < 0) throw new Error('its run lengths are damaged');
    sum += run;
  }
  if (sum !== pixels) throw new Error(`its run lengths are of ${sum} pixels, not of ${pixels}`);
}

/**
 * Calls `span` for each run of 1.
 * @param runs as checked by `checkRuns`
 * @param span takes the place of the run's first element and the place after its last
 */
export function eachRun(runs: readonly number[], span: (from: number, to: number) => void): void {
  let at = 0;
  for (let i = 0; i < runs.length; i++) {
    if (i % 2 === 1 && runs[i] > 0) span(at, at + runs[i]);
    at += runs[i];
  }
}

/**
 * Runs of 1 down the columns of an image, as runs along its rows. The time it takes is that of the outlines.
 * @param runs as checked by `checkRuns`
 */
export function spansOfColumns(runs: readonly number[], height: number, span: Span): void {
  /** Where the run along each row began that is going on; −1: none is. */
  const began = new Int32Array(height).fill(-1);
  let column = 0;
  /** The rows at which pixels begin and end in turn, in the column before and in this one. */
  let before: number[] = [];
  let now: number[] = [];
  const end = () => {
    changed(before, now, (y) => {
      if (began[y] >= 0) span(y, began[y], column);
      began[y] = began[y] >= 0 ? -1 : column;
    });
    [before, now] = [now, []];
    column++;
  };
  eachRun(runs, (from, to) => {
    for (let at = from; at < to; ) {
      const x = Math.floor(at / height);
      while (column < x && (before.length > 0 || now.length > 0)) end();
      column = x;
      const row = at - x * height;
      const until = Math.min(to, (x + 1) * height);
      now.push(row, until - x * height);
      at = until;
      if (row > 0 || at < (x + 1) * height) continue;
      // A whole column; those after it are the same as long as the run goes on over them.
      end();
      const same = Math.floor((to - at) / height);
      column += same;
      at += same * height;
    }
  });
  while (before.length > 0 || now.length > 0) end();
}

/** Calls back for each row that is in one of two lists of runs and not in the other. */
function changed(before: readonly number[], now: readonly number[], row: (y: number) => void): void {
  if (before.length === 2 && now.length === 2 && before[0] === now[0] && before[1] === now[1]) return;
  const bounds = [...before, ...now].sort((a, b) => a - b);
  for (let i = 0; i < bounds.length; i += 2) for (let y = bounds[i]; y < bounds[i + 1]; y++) row(y);
}

/** COCO's runs, down the columns of an image of this size. The time it takes is that of the box. */
export function columnRuns(part: BoxMask, image: { width: number; height: number }): number[] {
  const runs: number[] = [];
  let inside = false;
  /** Where the run that is going on began. */
  let began = 0;
  const turn = (at: number) => {
    if (at === began && runs.length > 0) {
      // Nothing lies between the run before and the one that begins: they are one.
      began -= runs.pop()!;
    } else {
      runs.push(at - began);
      began = at;
    }
    inside = !inside;
  };
  for (let column = 0; column < part.width; column++) {
    const top = (part.x + column) * image.height + part.y;
    for (let row = 0; row < part.height; row++) {
      if ((part.mask[row * part.width + column] !== 0) !== inside) turn(top + row);
    }
    if (inside) turn(top + part.height);
  }
  const end = image.width * image.height;
  if (end > began) runs.push(end - began);
  return runs;
}

/** CVAT's runs, along the rows of a box whose pixels are `mask`. */
export function rowRuns(mask: Uint8Array): number[] {
  const runs: number[] = [];
  let began = 0;
  for (let at = 0; at < mask.length; at++) {
    if ((mask[at] !== 0) === (runs.length % 2 === 1)) continue;
    runs.push(at - began);
    began = at;
  }
  runs.push(mask.length - began);
  return runs;
}

/** Run lengths as COCO's text: what `runsOfText` reads. */
export function textOfRuns(runs: readonly number[]): string {
  let text = '';
  runs.forEach((run, i) => {
    let rest = i > 2 ? run - runs[i - 2] : run;
    for (let more = true; more; ) {
      const bits = rest & 31;
      rest >>= 5;
      more = rest !== ((bits & 16) === 0 ? 0 : -1);
      text += String.fromCharCode(48 + bits + (more ? 32 : 0));
    }
  });
  return text;
}
