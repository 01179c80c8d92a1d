/**
 * COCO's panoptic segmentation (cocodataset.org, "Data format", and panopticapi): a JSON file of each split in
 * annotations/, and beside it a PNG of each image whose colours are segment numbers, R + 256·G + 65536·B; 0 is void.
 */
import { IGNORE } from '../../contract/dataset.ts';
import { encodePng } from '../../datasets/png.ts';
import { type ExportFormat, joined, jsonFile, type LabelledItem } from '../format.ts';

/** A class in an image as one segment. */
interface Segment {
  id: number;
  category_id: number;
  area: number;
  bbox: [x: number, y: number, width: number, height: number];
  iscrowd: 0;
}

/** The classes that an item shows, from the first on; class numbers less one are categories and segments alike. */
function segmentsOf({ labels, width }: LabelledItem): Segment[] {
  const found = new Map<number, { area: number; left: number; top: number; right: number; bottom: number }>();
  labels.forEach((label, i) => {
    if (label === IGNORE) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    const one = found.get(label);
    if (!one) found.set(label, { area: 1, left: x, top: y, right: x, bottom: y });
    else {
      one.area++;
      one.left = Math.min(one.left, x);
      one.right = Math.max(one.right, x);
      one.bottom = y;
    }
  });
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([label, { area, left, top, right, bottom }]) => ({
      id: label + 1,
      category_id: label + 1,
      area,
      bbox: [left, top, right - left + 1, bottom - top + 1],
      iscrowd: 0,
    }));
}

/** Numbers below 256 are reds. */
function segmentMap({ labels, width, height }: LabelledItem): Uint8Array {
  const colours = new Uint8Array(3 * width * height);
  labels.forEach((label, i) => {
    colours[3 * i] = label === IGNORE ? 0 : label + 1;
  });
  return encodePng(width, height, 3, colours);
}

export const cocoPanoptic: ExportFormat = {
  name: 'coco-panoptic',
  title: 'COCO panoptic',
  notes: () => [
    'Instances are not told apart: in an image each class is one segment, and every class counts as stuff.',
  ],
  image: (item) => joined('images', item.split, item.name + item.extension),
  writer(dataset) {
    const splits = new Map<string, { images: unknown[]; annotations: unknown[] }>();
    let id = 0;
    const partOf = (split: string) => `panoptic_${split || 'all'}`;
    return {
      item(item) {
        const split = splits.get(item.split) ?? { images: [], annotations: [] };
        splits.set(item.split, split);
        const { width, height } = item;
        const file_name = `${item.name}.png`;
        split.images.push({ id: ++id, file_name: item.name + item.extension, width, height });
        split.annotations.push({ image_id: id, file_name, segments_info: segmentsOf(item) });
        return [{ path: joined('annotations', partOf(item.split), file_name), data: segmentMap(item) }];
      },
      end: () =>
        [...splits].map(([split, { images, annotations }]) =>
          jsonFile(`annotations/${partOf(split)}.json`, {
            info: { description: dataset.name },
            licenses: [],
            categories: dataset.classes.map(({ name, color }, i) => ({
              id: i + 1,
              name,
              supercategory: '',
              isthing: 0,
              color,
            })),
            images,
            annotations,
          }),
        ),
    };
  },
};
