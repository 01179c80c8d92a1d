/** What labels brought, in words. Pure. */
import type { RunGain } from '../../src-main/contract/annotation.ts';
import { whole } from '../shared/format.ts';

const images = (count: number) => `${whole(count)} ${count === 1 ? 'image' : 'images'}`;

/** Points that a class gained, 0–1; null where one of the two is not known. */
export function gainOf({ before, after }: RunGain['classes'][number]): number | null {
  return before === null || after === null ? null : after - before;
}

/** The classes by their gain, the largest first; those of which it is not known last. */
export function classesByGain({ classes }: RunGain): number[] {
  const gains = classes.map((one) => gainOf(one) ?? Number.NEGATIVE_INFINITY);
  return classes.map((_, c) => c).sort((a, b) => gains[b] - gains[a] || a - b);
}

/** What is held against what. @param nameOf a run's name by its folder's */
export function gainTitle({ run, before, split, images: edited }: RunGain, nameOf: (run: string) => string): string {
  const made = edited === 0 ? 'no label map was edited' : `the labels of ${images(edited)} were edited`;
  return `IoU on ${split} of ${nameOf(run)} against ${nameOf(before)}, the run before it; in between ${made}.`;
}

/** What the figures do not tell. */
export function gainLimits({ split, images: edited, evaluatedImages, otherRecipe }: RunGain): string {
  const limits = [
    edited === 0
      ? 'So this is how far two runs differ without new labels.'
      : 'Two runs differ by chance too: classes of which nothing was labelled show about how far. And labels of one class may help or harm another.',
  ];
  if (otherRecipe) limits.push('The recipes differ as well, so not all of the gain is the labels’.');
  if (evaluatedImages > 0) {
    const are = evaluatedImages === 1 ? 'is' : 'are';
    limits.push(
      `${images(evaluatedImages)} of ${split} itself ${are} among those edited: there the later figure is held against other labels than the former.`,
    );
  }
  return limits.join(' ');
}
