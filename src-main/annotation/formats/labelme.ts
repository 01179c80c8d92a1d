/** labelme (labelme/_label_file.py): a JSON file beside each image, with polygons and masks in the order of drawing. */
import { encodePng } from '../../datasets/png.ts';
import { type ExportFormat, joined, jsonFile, pairs, requireNames } from '../format.ts';
import { objectNotes, type PaintedObject, paintedObjects } from '../objects.ts';

/** The version whose files these are like: the first that knows masks came a little before. */
const VERSION = '5.4.1';

/** What labelme calls uncovered pixels. */
const GROUND = '_background_';

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
        shapes: paintedObjects(item, dataset, 'touched', GROUND).flatMap((object, i) =>
          shapesOf(object, dataset.classes[object.label].name, i + 1),
        ),
        imagePath: item.name.slice(item.name.lastIndexOf('/') + 1) + item.extension,
        imageData: null,
        imageHeight: item.height,
        imageWidth: item.width,
      }),
    ],
    end: () => [{ path: 'classes.txt', data: dataset.classes.map(({ name }) => `${name}\n`).join('') }],
  }),
};
