/**
 * labelme (labelme/_label_file.py): a JSON file beside each image, with polygons and masks in the order of drawing; its
 * own scripts take `__ignore__` for pixels that count for nothing.
 */
import { IGNORE } from '../../contract/dataset.ts';
import { encodePng } from '../../datasets/png.ts';
import { type ExportFormat, joined, jsonFile, pairs, requireNames } from '../format.ts';
import { objectNotes, type PaintedObject, paintedObjects } from '../objects.ts';

/** The version whose files these are like: the first that knows masks came a little before. */
const VERSION = '5.4.1';

/** How labelme draws shapes, and what it calls uncovered pixels. */
const DRAWN = { rule: 'touched', ground: '_background_', ignored: true } as const;

/** What it calls pixels that count for nothing. */
const IGNORED = '__ignore__';

/** @param group what the polygons of one object have in common */
function shapesOf({ polygons, x, y, width, height, mask }: PaintedObject, label: string, group: number): object[] {
  if (polygons) {
    const group_id = polygons.length > 1 ? group : null;
    return polygons.map((one) => {
      return { label, points: pairs(one), group_id, description: '', shape_type: 'polygon', flags: {} };
    });
  }
  // The box's first and last pixel.
  const points = [
    [x, y],
    [x + width - 1, y + height - 1],
  ];
  const png = Buffer.from(encodePng(width, height, 1, mask)).toString('base64');
  return [{ label, points, group_id: null, description: '', shape_type: 'mask', flags: {}, mask: png }];
}

export const labelme: ExportFormat = {
  name: 'labelme',
  title: 'labelme',
  notes(dataset) {
    requireNames('A list of classes', dataset.classes, /[\r\n]/, 'a line break');
    requireNames('labelme', dataset.classes, /^__ignore__$/, 'labelme’s word for ignored pixels');
    return [
      ...objectNotes(dataset),
      'labelme’s files hold no list of classes and no colours: classes.txt has the names.',
    ];
  },
  image: (item) => joined(item.split, item.name + item.extension),
  writer: (dataset) => ({
    item: (item) => [
      jsonFile(joined(item.split, `${item.name}.json`), {
        version: VERSION,
        flags: {},
        shapes: paintedObjects(item, dataset, DRAWN).flatMap((object, i) =>
          shapesOf(object, object.label === IGNORE ? IGNORED : dataset.classes[object.label].name, i + 1),
        ),
        imagePath: item.name.slice(item.name.lastIndexOf('/') + 1) + item.extension,
        imageData: null,
        imageHeight: item.height,
        imageWidth: item.width,
      }),
    ],
    end() {
      const names = [...(dataset.ignoring > 0 ? [IGNORED] : []), ...dataset.classes.map(({ name }) => name)];
      return [{ path: 'classes.txt', data: names.map((name) => `${name}\n`).join('') }];
    },
  }),
};
