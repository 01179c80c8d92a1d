/** labelme (labelme/_label_file.py): a JSON file beside each image, one shape of the kind "mask" for each region. */
import { encodePng } from '../../datasets/png.ts';
import { type ExportFormat, joined, jsonFile, objectNotes, objectsOf, requireNames } from '../format.ts';

/** The version whose files these are like: the first that knows masks came a little before. */
const VERSION = '5.4.1';

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
        shapes: objectsOf(item).map(({ label, x, y, width, height, mask }) => ({
          label: dataset.classes[label].name,
          // The box's first and last pixel.
          points: [
            [x, y],
            [x + width - 1, y + height - 1],
          ],
          group_id: null,
          description: '',
          shape_type: 'mask',
          flags: {},
          mask: Buffer.from(encodePng(width, height, 1, mask)).toString('base64'),
        })),
        imagePath: item.name.slice(item.name.lastIndexOf('/') + 1) + item.extension,
        imageData: null,
        imageHeight: item.height,
        imageWidth: item.width,
      }),
    ],
    end: () => [{ path: 'classes.txt', data: dataset.classes.map(({ name }) => `${name}\n`).join('') }],
  }),
};
