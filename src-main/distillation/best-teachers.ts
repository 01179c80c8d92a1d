/** Which of several teachers teaches which class. Pure. */
import { IGNORE } from '../contract/dataset.ts';

/** By class the place of the teacher that is best at it, counted from 0; null: none is. */
export type BestTeachers = readonly (number | null)[];

/** What each teacher counts at each pixel: [teacher][pixel], 1 in all. */
export function teacherShares(labels: ArrayLike<number>, best: BestTeachers, teachers: number): Float32Array[] {
  const shares = Array.from({ length: teachers }, () => new Float32Array(labels.length));
  for (let p = 0; p < labels.length; p++) {
    const chosen = labels[p] === IGNORE ? null : best[labels[p]];
    if (chosen !== null) shares[chosen][p] = 1;
    else for (const share of shares) share[p] = 1 / teachers;
  }
  return shares;
}

/**
 * By class the teacher of the largest IoU, the first of those that are equally good; null where no teacher has any.
 * @param ious of each teacher by class, 0–1; null where the class is neither in the truth nor predicted
 */
export function bestTeachersOf(ious: readonly (readonly (number | null)[])[], classes: number): (number | null)[] {
  return Array.from({ length: classes }, (_, c) => {
    const of = ious.map((teacher) => teacher[c] ?? 0);
    const most = Math.max(...of);
    return most > 0 ? of.indexOf(most) : null;
  });
}
