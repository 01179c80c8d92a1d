/**
 * Pascal VOC's segmentation: palette PNG files of classes (0 is background, 255 void) and of objects, lists of names in
 * ImageSets/Segmentation, and labelmap.txt as CVAT and Datumaro write it, class by class in the order of the indices.
 */
import { type ClassInfo, IGNORE } from '../../contract/dataset.ts';
import { Problem } from '../../contract/problem.ts';
import { VOC_VOID, vocColour } from '../../datasets/classes/voc.ts';
import { encodePng } from '../../datasets/png.ts';
import {
  bySplit,
  type ExportDataset,
  type ExportFormat,
  type ExportItem,
  type FormatWriter,
  joined,
  type LabelledItem,
  type OutFile,
  requireNames,
} from '../format.ts';
import { objectsOf, pixelNotes } from '../objects.ts';
import { paletteOf } from '../palette.ts';

const BACKGROUND = 'background';

/** What labelmap.txt calls void: programs that read colours refuse one that is not listed. */
const IGNORED = 'ignored';

/** Objects of one image; 0 and 255 are taken. */
const MOST_OBJECTS = 254;

/** VOC's classes from index 0 on; `index` is that of each class of the data set. */
function vocClasses(dataset: ExportDataset): { classes: ClassInfo[]; index: number[]; added: boolean; own: boolean } {
  const at = dataset.classes.findIndex(({ name }) => name.toLowerCase() === BACKGROUND);
  const others = dataset.classes.filter((_, i) => i !== at);
  const names = [at < 0 ? BACKGROUND : dataset.classes[at].name, ...others.map((one) => one.name)];
  const colours = [[0, 0, 0], ...others.map((one) => one.color), VOC_VOID];
  // Programs know classes by their colours there.
  const own = new Set(colours.map(String)).size === colours.length;
  const classes = names.map(
    (name, i): ClassInfo => ({ name, color: [...((own ? colours[i] : vocColour(i)) as [number, number, number])] }),
  );
  let next = 1;
  return { classes, index: dataset.classes.map((_, i) => (i === at ? 0 : next++)), added: at < 0, own };
}

/** A name alone where it is the only one of its kind: VOC keeps the images of all splits in one folder. */
function nameOf(item: ExportItem, dataset: ExportDataset): string {
  return clashes(dataset) ? joined(item.split, item.name) : item.name;
}

const clashing = new WeakMap<ExportDataset, boolean>();

function clashes(dataset: ExportDataset): boolean {
  let found = clashing.get(dataset);
  if (found === undefined) {
    found = new Set(dataset.items.map((item) => item.name)).size < dataset.items.length;
    clashing.set(dataset, found);
  }
  return found;
}

function notes(dataset: ExportDataset): string[] {
  requireNames(
    'Pascal VOC',
    dataset.classes,
    /[:\r\n]|^\s*#|^\s|\s$/,
    'a colon, a line break, a leading # or an outer space',
  );
  const { classes, added, own } = vocClasses(dataset);
  if (dataset.ignoring > 0 && classes.some(({ name }) => name === IGNORED)) {
    throw new Problem(`Pascal VOC’s “${IGNORED}” is for ignored pixels, and this data set has a class of that name.`, {
      next: 'Rename the class, or choose another format.',
    });
  }
  if (classes.length > IGNORE) {
    throw new Problem(`Pascal VOC holds 255 classes with the background, and this data set has ${classes.length}.`, {
      next: 'Choose another format.',
    });
  }
  const said = [
    'Where label maps tell classes only, in SegmentationObject every connected region of a class is an object of its own.',
    `An image with more than ${MOST_OBJECTS} objects gets no file in SegmentationObject, which cannot count further.`,
  ];
  said.push(...pixelNotes(dataset));
  if (added) said.push('Index 0 is Pascal VOC’s background, so each class has an index one higher than here.');
  if (!own)
    said.push('Some classes have one colour, or black, or that of void: all get the colours of Pascal VOC’s list.');
  if (clashes(dataset)) said.push('Images of different splits have one name: all names begin with their split’s.');
  return said;
}

function writer(dataset: ExportDataset): FormatWriter {
  const { classes, index } = vocClasses(dataset);
  const listed = dataset.ignoring > 0 ? [...classes, { name: IGNORED, color: VOC_VOID }] : classes;
  const table = new Uint8Array(256).fill(IGNORE);
  table.set(index);
  const classPalette = paletteOf(classes);
  const objectPalette = paletteOf(Array.from({ length: IGNORE }, (_, i) => ({ color: vocColour(i) })));
  return {
    item(item) {
      const name = nameOf(item, dataset);
      const labels = item.labels.map((label) => table[label]);
      const files = [
        { path: `SegmentationClass/${name}.png`, data: encodePng(item.width, item.height, 1, labels, classPalette) },
      ];
      const objects = objectMap({ ...item, labels });
      if (objects) {
        files.push({
          path: `SegmentationObject/${name}.png`,
          data: encodePng(item.width, item.height, 1, objects, objectPalette),
        });
      }
      return files;
    },
    end: () => [
      ...[...bySplit(dataset.items)].map(
        ([split, items]): OutFile => ({
          path: `ImageSets/Segmentation/${split || 'all'}.txt`,
          data: items.map((item) => `${nameOf(item, dataset)}\n`).join(''),
        }),
      ),
      {
        path: 'labelmap.txt',
        data: `# label:color_rgb:parts:actions\n${listed.map(({ name, color }) => `${name}:${color.join(',')}::\n`).join('')}`,
      },
    ],
  };
}

/**
 * Objects numbered from 1 on, 0 where there is background and IGNORE where there is void; null where there are too many.
 * @param item its labels are VOC's
 */
function objectMap(item: LabelledItem): Uint8Array | null {
  const regions = objectsOf(item).filter((region) => region.label > 0);
  if (regions.length > MOST_OBJECTS) return null;
  const objects = item.labels.map((label) => (label === IGNORE ? IGNORE : 0));
  regions.forEach((region, number) => {
    for (let i = 0, y = 0; y < region.height; y++) {
      const row = (region.y + y) * item.width + region.x;
      for (let x = 0; x < region.width; x++, i++) if (region.mask[i]) objects[row + x] = number + 1;
    }
  });
  return objects;
}

export const voc: ExportFormat = {
  name: 'voc',
  title: 'Pascal VOC',
  notes,
  image: (item, dataset) => `JPEGImages/${nameOf(item, dataset)}${item.extension}`,
  writer,
};
