import type { Recipe } from '../contract/recipe.ts';

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
