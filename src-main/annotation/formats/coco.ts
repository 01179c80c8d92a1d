/**
 * COCO's instances (cocodataset.org, "Data format"): a JSON file of each split in annotations/, one annotation for each
 * object. Run lengths hold every region; polygons only those without holes, whose pixels they give exactly. Shapes that
 * keep their corners are polygons in either.
 */

import { sideOutlines } from '../../labels/outlines.ts';
import { columnRuns, textOfRuns } from '../../labels/rle.ts';
import { type ExportFormat, type FormatWriter, joined, jsonFile } from '../format.ts';
import { ignoredNotes, objectNotes, type PaintedObject, paintedObjects } from '../objects.ts';

/** How programs draw objects, and what they take uncovered pixels for. */
const DRAWN = { rule: 'area', ground: 'background', ignored: false } as const;

const CROWDS = 'A crowd stays one, but for those that were put over other objects here: these become one object each.';

type Size = { width: number; height: number };

function runs(region: PaintedObject, size: Size) {
  return { size: [size.height, size.width], counts: textOfRuns(columnRuns(region, size)) };
}

function polygon(region: PaintedObject, size: Size) {
  const outlines = region.parts.map(sideOutlines);
  return outlines.some(({ holes }) => holes.length > 0) ? runs(region, size) : outlines.map(({ outer }) => outer);
}

function format(name: string, title: string, shape: typeof runs | typeof polygon, more: string[]): ExportFormat {
  return {
    name,
    title,
    notes: (dataset) => [...objectNotes(dataset, CROWDS), ...ignoredNotes(dataset), ...more],
    image: (item) => joined('images', item.split, item.name + item.extension),
    writer(dataset): FormatWriter {
      const splits = new Map<string, { images: unknown[]; annotations: unknown[] }>();
      let annotationId = 0;
      let imageId = 0;
      return {
        item(item) {
          const split = splits.get(item.split) ?? { images: [], annotations: [] };
          splits.set(item.split, split);
          imageId++;
          const { width, height } = item;
          split.images.push({ id: imageId, file_name: item.name + item.extension, width, height });
          let before = true;
          for (const region of paintedObjects(item, dataset, DRAWN)) {
            // Programs draw crowds first, so one that lies over another object cannot be one.
            const crowd: boolean = region.crowd && (before || region.layer === 0);
            before &&= crowd;
            split.annotations.push({
              id: ++annotationId,
              image_id: imageId,
              category_id: region.label + 1,
              segmentation: crowd ? runs(region, item) : (region.polygons ?? shape(region, item)),
              area: region.area,
              bbox: [region.x, region.y, region.width, region.height],
              iscrowd: crowd ? 1 : 0,
            });
          }
          return [];
        },
        end: () =>
          [...splits].map(([split, { images, annotations }]) =>
            jsonFile(`annotations/instances_${split || 'all'}.json`, {
              info: { description: dataset.name },
              licenses: [],
              categories: dataset.classes.map(({ name }, i) => ({ id: i + 1, name, supercategory: '' })),
              images,
              annotations,
            }),
          ),
      };
    },
  };
}

export const coco = format('coco', 'COCO', runs, []);

export const cocoPolygons = format('coco-polygons', 'COCO with polygons', polygon, [
  'A polygon has no holes: regions with holes are written as run lengths, which some programs cannot read.',
]);
