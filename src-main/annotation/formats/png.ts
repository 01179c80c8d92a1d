/**
 * The plain folder: label maps as indexed PNG files, whose values are positions in the list of classes and 255 for
 * ignored pixels, with the classes' colours as palette, and where there are instances their numbers as 16-bit PNG files. It is Stillroom's own layout (`datasets/stillroom.ts`), and
 * `classes.txt` lists the names for other programs, one a line.
 */
import { encodePng, encodeWidePng } from '../../datasets/png.ts';
import { DATASET_FILE, type DatasetFile } from '../../datasets/stillroom.ts';
import { type ExportFormat, type ExportItem, isNested, joined, jsonFile, requireNames } from '../format.ts';
import { pixelNotes } from '../objects.ts';
import { paletteOf } from '../palette.ts';

const flat = (item: ExportItem) => item.name.replaceAll('/', '__');

export const png: ExportFormat = {
  name: 'png',
  title: 'Indexed PNG',
  notes(dataset) {
    requireNames('A list of classes', dataset.classes, /[\r\n]/, 'a line break');
    const nested = 'Images in folders of a split come to lie in the split itself: a/b becomes a__b.';
    return [...pixelNotes(dataset), ...(isNested(dataset) ? [nested] : [])];
  },
  image: (item) => joined('images', item.split, flat(item) + item.extension),
  writer(dataset) {
    const palette = paletteOf(dataset.classes);
    return {
      item(item) {
        const { width, height, labels, instances } = item;
        const place = (folder: string) => joined(folder, item.split, `${flat(item)}.png`);
        const map = { path: place('labels'), data: encodePng(width, height, 1, labels, palette) };
        if (!instances) return [map];
        return [map, { path: place('instances'), data: encodeWidePng(width, height, instances) }];
      },
      end() {
        const classes = dataset.classes.map(({ name, color }) => ({ name, color }));
        const file: DatasetFile = { format: 'stillroom-dataset', version: 1, name: dataset.name, classes };
        return [
          jsonFile(DATASET_FILE, file),
          { path: 'classes.txt', data: dataset.classes.map(({ name }) => `${name}\n`).join('') },
        ];
      },
    };
  },
};
