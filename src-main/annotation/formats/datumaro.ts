/** Datumaro's own JSON (datumaro/plugins/data_formats/datumaro/exporter.py): a file of each split, a mask for each region. */
import { columnRuns, textOfRuns } from '../../datasets/rle.ts';
import { type ExportFormat, joined, jsonFile, objectNotes, objectsOf } from '../format.ts';

/** Datumaro's number for data sets of images (`MediaType.IMAGE`). */
const IMAGES = 2;

export const datumaro: ExportFormat = {
  name: 'datumaro',
  title: 'Datumaro',
  notes: objectNotes,
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
          annotations: objectsOf(item).map((region) => ({
            id: ++id,
            type: 'mask',
            attributes: {},
            group: 0,
            label_id: region.label,
            rle: { counts: textOfRuns(columnRuns(region, item)), size: [item.height, item.width] },
            z_order: 0,
          })),
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
