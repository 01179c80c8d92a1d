/** Datumaro's own JSON (datumaro/plugins/data_formats/datumaro/exporter.py): a file of each split, polygons and masks. */
import { columnRuns, textOfRuns } from '../../labels/rle.ts';
import { type ExportFormat, joined, jsonFile, type LabelledItem } from '../format.ts';
import { ignoredNotes, objectNotes, type PaintedObject, paintedObjects } from '../objects.ts';

/** Datumaro's number for data sets of images (`MediaType.IMAGE`). */
const IMAGES = 2;

/** How programs draw objects, and what they take uncovered pixels for. */
const DRAWN = { rule: 'area', ground: 'background', ignored: false } as const;

/** @param group what the polygons of one object have in common; 0 is none */
function annotationsOf(object: PaintedObject, group: number, item: LabelledItem): object[] {
  const { label: label_id, layer: z_order, polygons } = object;
  if (!polygons) {
    const rle = { counts: textOfRuns(columnRuns(object, item)), size: [item.height, item.width] };
    return [{ type: 'mask', attributes: {}, group: 0, label_id, rle, z_order }];
  }
  const own = polygons.length > 1 ? group : 0;
  return polygons.map((points) => ({ type: 'polygon', attributes: {}, group: own, label_id, points, z_order }));
}

export const datumaro: ExportFormat = {
  name: 'datumaro',
  title: 'Datumaro',
  notes: (dataset) => [...objectNotes(dataset), ...ignoredNotes(dataset)],
  image: (item) => joined('images', item.split || 'default', item.name + item.extension),
  writer(dataset) {
    const splits = new Map<string, unknown[]>();
    let id = 0;
    const categories = {
      label: {
        labels: dataset.classes.map(({ name }) => ({ name, parent: '', attributes: [] })),
        label_groups: [],
        attributes: [],
      },
      mask: { colormap: dataset.classes.map(({ color: [r, g, b] }, i) => ({ label_id: i, r, g, b })) },
    };
    return {
      item(item) {
        const items = splits.get(item.split) ?? [];
        splits.set(item.split, items);
        items.push({
          id: item.name,
          annotations: paintedObjects(item, dataset, DRAWN).flatMap((object, i) =>
            annotationsOf(object, i + 1, item).map((one) => ({ id: ++id, ...one })),
          ),
          image: { path: item.name + item.extension, size: [item.height, item.width] },
        });
        return [];
      },
      end: () =>
        [...splits].map(([split, items]) =>
          jsonFile(`annotations/${split || 'default'}.json`, {
            dm_format_version: '1.0',
            media_type: IMAGES,
            infos: {},
            categories,
            items,
          }),
        ),
    };
  },
};
