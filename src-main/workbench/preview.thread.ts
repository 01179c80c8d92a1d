/** The thread of one preview: reads a folder as an import would, and looks at a few of its images. */

import path from 'node:path';
import { serveThread } from '../base/thread-pool.ts';
import type { FoundDataset } from '../contract/dataset.ts';
import { isImage } from '../datasets/annotations.ts';
import { choose, exampleOf, spread } from '../datasets/examples.ts';
import { type IndexedItem, Indexer } from '../datasets/index-items.ts';
import { listFolder } from '../datasets/layout.ts';
import { fittingLayouts, LAYOUTS, layoutInfos, openDataset, strangeFolder } from '../datasets/registry.ts';
import { inFormerOrder, ownClasses, type Recalled, recalled } from './import.ts';
import type { PreviewAnswer, PreviewRequest } from './preview.ts';

/** Images that are looked at, and those of them that are shown. */
const LOOKED = 24;
const SHOWN = 12;

serveThread<PreviewRequest, PreviewAnswer>(
  ({ folder, database, reading }) => {
    const before = database === null ? null : recalled(database, folder);
    const how = reading ?? before?.reading ?? null;
    if (how === null && fittingLayouts(folder).length === 0) return strange(folder);
    const dataset = openDataset(folder, how);
    return found(database === null ? dataset : inFormerOrder(database, dataset), before?.classes ?? null);
  },
  (answer) =>
    answer.kind === 'found'
      ? answer.pictures.flatMap(({ image, labels }) => (labels ? [image.buffer, labels.data.buffer] : [image.buffer]))
      : [],
);

async function found(dataset: FoundDataset, known: Recalled['classes']): Promise<PreviewAnswer> {
  const { name, root, layout, classes, items } = dataset;
  const candidates = spread(items, LOOKED);
  const looked: IndexedItem[] = [];
  const indexer = new Indexer();
  try {
    for await (const one of indexer.index({ ...dataset, items: candidates })) looked.push(one);
  } finally {
    await indexer.close();
  }
  const splitsOf = candidates.map((item) => item.split);
  const shown = choose(looked, splitsOf, SHOWN);
  const told = [...dataset.problems, ...looked.flatMap((one) => one.problems)];
  const pictures = shown.map((i) =>
    exampleOf(dataset, looked[i].labelled ? candidates[i] : { ...candidates[i], labels: null }),
  );
  const pixels = classes.map((_, c) => shown.reduce((sum, i) => sum + looked[i].pixels[c], 0));
  const labelled = (list: typeof items) => list.filter((item) => item.labels !== null).length;
  return {
    kind: 'found',
    pictures,
    preview: {
      name,
      root,
      layout,
      layouts: layoutInfos(fittingLayouts(root)),
      items: items.length,
      labelled: labelled(items),
      splits: [...Map.groupBy(items, (item) => item.split)].map(([split, list]) => ({
        name: split,
        items: list.length,
        labelled: labelled(list),
      })),
      classes: ownClasses(classes, { classes: known }),
      examples: shown.map((i) => {
        const { key, width, height, labelled: has } = looked[i];
        return { key, split: splitsOf[i], width, height, labelled: has };
      }),
      pixels,
      allPixels: shown.reduce((sum, i) => sum + (looked[i].labelled ? looked[i].width * looked[i].height : 0), 0),
      problems: [...new Map(told.map((problem) => [`${problem.path}\n${problem.message}`, problem])).values()],
    },
  };
}

function strange(folder: string): PreviewAnswer {
  const root = path.resolve(folder);
  const { content, near } = strangeFolder(root);
  const folders = listFolder(root)
    .folders.map((name) => {
      const { files, folders: inner } = listFolder(path.join(root, name));
      const within = inner.flatMap((one) => listFolder(path.join(root, name, one)).files);
      return { name, images: [...files, ...within].filter(isImage).length };
    })
    .filter(({ images }) => images > 0);
  return { kind: 'strange', preview: { root, content, looked: layoutInfos(LAYOUTS), folders }, near };
}
