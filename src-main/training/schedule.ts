import type { Recipe, TermSchedule } from '../contract/recipe.ts';

/**
 * The learning rate of a step (counted from 0): base × (1 − step/steps)^power, never under the minimum (the "poly"
 * schedule, W. Liu et al., ParseNet, 2015), times a linear rise over the warm-up's steps.
 */
export function learningRateAt(schedule: Recipe['schedule'], base: number, step: number): number {
  const { steps, power, warmup, minimum } = schedule;
  const poly = base * (1 - Math.min(step, steps) / steps) ** power;
  const rise = step < warmup ? (step + 1) / (warmup + 1) : 1;
  return Math.max(poly, minimum) * rise;
}

/** In how many of a run's first `count` steps a term with this schedule takes part. */
export function stepsCounted(schedule: TermSchedule | null, count: number, steps: number): number {
  if (!schedule) return count;
  let counted = 0;
  for (let step = 0; step < count; step++) if (termFactorAt(schedule, step, steps) > 0) counted++;
  return counted;
}

/**
 * What a term's weight is multiplied by at a step (counted from 0) of a run of so many steps. `constant`: 1 in
 * [from, to), 0 elsewhere. `linear` and `cosine`: from `start` to `end` between them, along a line or half a wave of the
 * cosine, which begins and ends level; `start` before, `end` after. A run's end stands for a `to` that is null.
 */
export function termFactorAt(schedule: TermSchedule | null, step: number, steps: number): number {
  if (!schedule) return 1;
  const { from } = schedule;
  const to = schedule.to ?? steps;
  if (schedule.shape === 'constant') return step >= from && step < to ? 1 : 0;
  const { shape, start, end } = schedule;
  if (step <= from) return start;
  if (step >= to) return end;
  const passed = (step - from) / (to - from);
  return start + (end - start) * (shape === 'linear' ? passed : (1 - Math.cos(Math.PI * passed)) / 2);
}
