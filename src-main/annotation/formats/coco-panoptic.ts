/**
 * COCO's panoptic segmentation (cocodataset.org, "Data format", and panopticapi): a JSON file of each split in
 * annotations/, and beside it a PNG of each image whose colours are segment numbers, R + 256·G + 65536·B; 0 is void.
 */
import { IGNORE } from '../../contract/dataset.ts';
import { encodePng } from '../../datasets/png.ts';
import { type ExportFormat, joined, jsonFile, type LabelledItem } from '../format.ts';
import { pixelNotes } from '../objects.ts';

/** An instance, or what is left of a class in an image. */
interface Segment {
  id: number;
  category_id: number;
  area: number;
  bbox: [x: number, y: number, width: number, height: number];
  iscrowd: 0 | 1;
}

/** Numbers below it are those of classes, which are a class's place and one. */
const FIRST_INSTANCE = 256;

/** The segments of an item by number, and which segment each pixel is of; 0: void. */
function segmented({ labels, instances, width, height }: LabelledItem): { segments: Segment[]; numbers: Uint32Array } {
  const numbers = new Uint32Array(width * height);
  const known = new Map<number, number>();
  const found = new Map<
    number,
    { label: number; area: number; left: number; top: number; right: number; bottom: number }
  >();
  labels.forEach((label, i) => {
    if (label === IGNORE) return;
    const instance = instances?.[i] ?? 0;
    const key = instance * 256 + label;
    const number = instance === 0 ? label + 1 : (known.get(key) ?? FIRST_INSTANCE + known.size);
    if (instance > 0) known.set(key, number);
    numbers[i] = number;
    const [x, y] = [i % width, Math.floor(i / width)];
    const one = found.get(number);
    if (!one) found.set(number, { label, area: 1, left: x, top: y, right: x, bottom: y });
    else {
      one.area++;
      one.left = Math.min(one.left, x);
      one.right = Math.max(one.right, x);
      one.bottom = y;
    }
  });
  const segments = [...found]
    .sort(([a], [b]) => a - b)
    .map(([id, { label, area, left, top, right, bottom }]): Segment => {
      const bbox: Segment['bbox'] = [left, top, right - left + 1, bottom - top + 1];
      return { id, category_id: label + 1, area, bbox, iscrowd: 0 };
    });
  return { segments, numbers };
}

function segmentMap(numbers: Uint32Array, { width, height }: LabelledItem): Uint8Array {
  const colours = new Uint8Array(3 * width * height);
  numbers.forEach((number, i) => {
    colours[3 * i] = number & 255;
    colours[3 * i + 1] = (number >> 8) & 255;
    colours[3 * i + 2] = number >> 16;
  });
  return encodePng(width, height, 3, colours);
}

export const cocoPanoptic: ExportFormat = {
  name: 'coco-panoptic',
  title: 'COCO panoptic',
  notes: (dataset) =>
    dataset.shaped
      ? [
          'A class that has instances counts as things, and each of them is a segment; what else there is of it in an image is a crowd.',
          ...pixelNotes(dataset),
        ]
      : ['In an image each class is one segment, and every class counts as stuff.'],
  image: (item) => joined('images', item.split, item.name + item.extension),
  writer(dataset) {
    const splits = new Map<string, { images: unknown[]; annotations: { segments_info: Segment[] }[] }>();
    /** The categories that have instances; all segments are known first. */
    const things = new Set<number>();
    const asCrowd = (segment: Segment): Segment => {
      const crowd = segment.id < FIRST_INSTANCE && things.has(segment.category_id);
      return crowd ? { ...segment, iscrowd: 1 } : segment;
    };
    let id = 0;
    const partOf = (split: string) => `panoptic_${split || 'all'}`;
    return {
      item(item) {
        const split = splits.get(item.split) ?? { images: [], annotations: [] };
        splits.set(item.split, split);
        const { width, height } = item;
        const file_name = `${item.name}.png`;
        split.images.push({ id: ++id, file_name: item.name + item.extension, width, height });
        const { segments, numbers } = segmented(item);
        for (const { id: number, category_id } of segments) if (number >= FIRST_INSTANCE) things.add(category_id);
        const annotation = { image_id: id, file_name, segments_info: segments };
        split.annotations.push(annotation);
        return [{ path: joined('annotations', partOf(item.split), file_name), data: segmentMap(numbers, item) }];
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
              isthing: things.has(i + 1) ? 1 : 0,
              color,
            })),
            images,
            annotations: annotations.map((one) => ({ ...one, segments_info: one.segments_info.map(asCrowd) })),
          }),
        ),
    };
  },
};
