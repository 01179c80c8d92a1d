/** Plain readers of the exported formats, by their descriptions, for what one image's label map was. */
import type { LabelledItem } from '../../../src-main/annotation/format.ts';
import { type ClassInfo, IGNORE } from '../../../src-main/contract/dataset.ts';
import { CITYSCAPES_CLASSES, CITYSCAPES_LABEL_IDS } from '../../../src-main/datasets/classes/cityscapes.ts';
import { decodeImage, decodeLabels } from '../../../src-main/datasets/codec.ts';
import { fillArea, fillTouched } from '../../../src-main/labels/rasterise.ts';
import { checkRuns, eachRun, runsOfText } from '../../../src-main/labels/rle.ts';

type Files = Map<string, Uint8Array | string>;

/**
 * @param image where the format puts the item's image
 * @returns the label map as classes
 */
export function readBack(
  format: string,
  files: Files,
  item: LabelledItem,
  image: string,
  classes: readonly ClassInfo[],
): Uint8Array {
  const { width, height, split } = item;
  const out = new Uint8Array(width * height).fill(IGNORE);
  const text = (path: string) => files.get(path) as string;
  const values = (path: string) => decodeLabels(files.get(path) as Uint8Array, path).data;
  const classOf = (name: string) => classes.findIndex((one) => one.name === name);
  const named = image.replace(/\.png$/, '');
  const columns = (runs: number[], label: number) => {
    checkRuns(runs, width * height);
    eachRun(runs, (from, to) => {
      for (let at = from; at < to; at++) out[(at % height) * width + Math.floor(at / height)] = label;
    });
  };
  const span = (label: number) => (y: number, from: number, to: number) => {
    out.fill(label, y * width + from, y * width + to);
  };
  const box = (mask: Uint8Array, wide: number, left: number, top: number, label: number) => {
    mask.forEach((inside, i) => {
      if (inside) out[(top + Math.floor(i / wide)) * width + left + (i % wide)] = label;
    });
  };

  switch (format) {
    case 'png':
      return Uint8Array.from(values(named.replace('images/', 'labels/').concat('.png')));

    case 'voc': {
      const names = text('labelmap.txt')
        .split('\n')
        .slice(1, -1)
        .map((line) => line.split(':')[0]);
      const map = values(`${named.replace('JPEGImages', 'SegmentationClass')}.png`);
      return Uint8Array.from(map, (index) => (index === IGNORE ? IGNORE : classOf(names[index])));
    }

    case 'cityscapes': {
      const base = named.replace('leftImg8bit/', 'gtFine/').replace(/_leftImg8bit$/, '_gtFine');
      for (const { label, polygon } of JSON.parse(text(`${base}_polygons.json`)).objects) {
        fillTouched(polygon.flat(), width, height, span(label === 'unlabeled' ? IGNORE : classOf(label)));
      }
      const ids = values(`${base}_labelIds.png`);
      const byIds = Uint8Array.from(ids, (id) => {
        const train = CITYSCAPES_LABEL_IDS.indexOf(id);
        return train < 0 ? IGNORE : classOf(CITYSCAPES_CLASSES[train].name);
      });
      if (byIds.some((label, i) => label !== out[i])) throw new Error('label ids and polygons differ');
      const instances = values(`${base}_instanceIds.png`);
      if (ids.some((id, i) => id !== (instances[i] < 1000 ? instances[i] : Math.floor(instances[i] / 1000)))) {
        throw new Error('label ids and instance ids differ');
      }
      return out;
    }

    case 'coco':
    case 'coco-polygons': {
      const all = JSON.parse(text(`annotations/instances_${split}.json`));
      const { id } = all.images.find((one: { file_name: string }) => image === `images/${split}/${one.file_name}`);
      for (const one of all.annotations) {
        if (one.image_id !== id) continue;
        const { name } = all.categories.find((category: { id: number }) => category.id === one.category_id);
        if (!Array.isArray(one.segmentation)) columns(runsOfText(one.segmentation.counts), classOf(name));
        else for (const polygon of one.segmentation) fillArea(polygon, width, height, span(classOf(name)));
      }
      return out;
    }

    case 'coco-panoptic': {
      const all = JSON.parse(text(`annotations/panoptic_${split}.json`));
      const { id } = all.images.find((one: { file_name: string }) => image === `images/${split}/${one.file_name}`);
      const { file_name, segments_info } = all.annotations.find((one: { image_id: number }) => one.image_id === id);
      const file = `annotations/panoptic_${split}/${file_name}`;
      const { data } = decodeImage(files.get(file) as Uint8Array, file);
      const areas = new Map<number, number>();
      for (let i = 0; i < out.length; i++) {
        const segment = data[3 * i] + 256 * data[3 * i + 1] + 65_536 * data[3 * i + 2];
        if (segment === 0) continue;
        areas.set(segment, (areas.get(segment) ?? 0) + 1);
        const { category_id } = segments_info.find((one: { id: number }) => one.id === segment);
        out[i] = classOf(all.categories.find((one: { id: number }) => one.id === category_id).name);
      }
      const told = segments_info.map((one: { id: number; area: number }) => `${one.id}: ${one.area}`);
      const counted = Array.from(areas, ([segment, area]) => `${segment}: ${area}`);
      if (told.sort().join() !== counted.sort().join()) throw new Error('areas differ');
      return out;
    }

    case 'labelme':
      for (const { label, points, mask } of JSON.parse(text(`${named}.json`)).shapes) {
        const decoded = decodeLabels(Buffer.from(mask, 'base64'), 'the mask');
        if (points[1][0] - points[0][0] + 1 !== decoded.width) throw new Error('box and mask differ');
        box(
          Uint8Array.from(decoded.data),
          decoded.width,
          points[0][0],
          points[0][1],
          label === '__ignore__' ? IGNORE : classOf(label),
        );
      }
      return out;

    case 'cvat': {
      const plain = (escaped: string) =>
        escaped.replace(/&(amp|lt|gt|quot);/g, (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[name]!);
      for (const [, name, inner] of text('annotations.xml').matchAll(
        /<image id="\d+" name="([^"]*)"[^>]*>(.*?)<\/image>/gs,
      )) {
        if (`images/${plain(name)}` !== image) continue;
        for (const [, label, rle, left, top, wide, high] of inner.matchAll(
          /<mask label="([^"]*)" source="manual" occluded="0" rle="([^"]*)" left="(\d+)" top="(\d+)" width="(\d+)" height="(\d+)"/g,
        )) {
          const mask = new Uint8Array(Number(wide) * Number(high));
          const runs = rle.split(', ').map(Number);
          checkRuns(runs, mask.length);
          eachRun(runs, (from, to) => mask.fill(1, from, to));
          box(mask, Number(wide), Number(left), Number(top), classOf(plain(label)));
        }
      }
      return out;
    }

    case 'datumaro': {
      const all = JSON.parse(text(`annotations/${split}.json`));
      const found = all.items.find((one: { id: string }) => one.id === item.name);
      for (const { label_id, rle } of found.annotations) {
        columns(runsOfText(rle.counts), classOf(all.categories.label.labels[label_id].name));
      }
      return out;
    }
  }
  throw new Error(`no reader of ${format}`);
}
