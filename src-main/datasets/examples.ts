/** A few images that stand for a data set: which ones, and how they look. */
import { readBytes } from '../base/files.ts';
import type { FoundDataset, FoundItem } from '../contract/dataset.ts';
import { encodeThumbnail, imageSize } from './codec.ts';
import type { IndexedItem } from './index-items.ts';
import { fileInDataset } from './layout.ts';
import { readItem } from './read-item.ts';

/**
 * Items to look at, spread evenly over a data set: as many of each split as can be, of each the labelled ones first.
 * @returns at most `most` items, in the order of the data set
 */
export function spread(items: readonly FoundItem[], most: number): FoundItem[] {
  const splits = evenly([...Map.groupBy(items, (item) => item.split).values()], most);
  const each = Math.max(1, Math.floor(most / splits.length));
  const chosen = new Set(
    splits.flatMap((split) => {
      const labelled = evenly(
        split.filter((item) => item.labels !== null),
        each,
      );
      const rest = split.filter((item) => item.labels === null);
      return [...labelled, ...evenly(rest, each - labelled.length)];
    }),
  );
  return items.filter((item) => chosen.has(item));
}

/** `most` of a list, the first and the last among them. */
function evenly<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  if (most <= 1) return list.slice(0, most);
  return Array.from({ length: most }, (_, i) => list[Math.round((i * (list.length - 1)) / (most - 1))]);
}

/**
 * Of items that were looked at, those to show: split by split in turn the one that brings most classes which none before
 * has shown; images that cannot be read are never shown, those without labels only where nothing else is left.
 * @returns places in the list, at most `most`, rising
 */
export function choose(
  looked: readonly Pick<IndexedItem, 'readable' | 'labelled' | 'pixels'>[],
  splits: readonly string[],
  most: number,
): number[] {
  const waiting = Map.groupBy(
    looked.map((_, i) => i).filter((i) => looked[i].readable),
    (i) => splits[i],
  );
  const seen = new Set<number>();
  const gain = (i: number) => {
    if (!looked[i].labelled) return -1;
    return looked[i].pixels.reduce((sum, pixels, c) => sum + (pixels > 0 && !seen.has(c) ? 1 : 0), 0);
  };
  const chosen: number[] = [];
  while (chosen.length < most && waiting.size > 0) {
    for (const [split, left] of waiting) {
      if (chosen.length === most) break;
      const best = left.reduce((one, other) => (gain(other) > gain(one) ? other : one));
      chosen.push(best);
      looked[best].pixels.forEach((pixels, c) => {
        if (pixels > 0) seen.add(c);
      });
      if (left.length === 1) waiting.delete(split);
      else left.splice(left.indexOf(best), 1);
    }
  }
  return chosen.sort((a, b) => a - b);
}

/** An example as it is shown: a small JPEG, and the label map at the same size (a class each pixel, or IGNORE). */
export interface ExamplePicture {
  image: Uint8Array<ArrayBuffer>;
  labels: { width: number; height: number; data: Uint8Array<ArrayBuffer> } | null;
}

/** @throws Problem where a file cannot be read */
export function exampleOf({ root, table }: Pick<FoundDataset, 'root' | 'table'>, item: FoundItem): ExamplePicture {
  const file = fileInDataset(root, item.image);
  const image = new Uint8Array(encodeThumbnail(readBytes(file), file));
  if (item.labels === null) return { image, labels: null };
  const whole = readItem(root, item, table);
  const { width, height } = imageSize(image, file);
  const data = new Uint8Array(width * height);
  for (let i = 0, y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * whole.image.height) / height) * whole.image.width;
    for (let x = 0; x < width; x++, i++) {
      data[i] = whole.labels![row + Math.floor(((x + 0.5) * whole.image.width) / width)];
    }
  }
  return { image, labels: { width, height, data } };
}
