/** CVAT for images 1.1 (cvat/apps/dataset_manager/formats/cvat.py): one XML file of polygons and masks. */
import { rowRuns } from '../../labels/rle.ts';
import { type ExportFormat, type ExportItem, joined, pairs, requireNames } from '../format.ts';
import { ignoredNotes, objectNotes, type PaintedObject, paintedObjects } from '../objects.ts';

/** What XML 1.0 cannot hold, not even escaped. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const NO_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as it stands in an element or attribute; white space other than a blank would not survive there. */
function escaped(text: string): string {
  return text.replace(/[&<>"]|[\t\r\n]/g, (one) => ESCAPES[one] ?? `&#${one.charCodeAt(0)};`);
}

const hex = (color: readonly number[]) => `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;

/** How programs draw objects, and what they take uncovered pixels for. */
const DRAWN = { rule: 'area', ground: 'background', ignored: false } as const;

/** By name CVAT finds the image in a task, whose folders count. */
const nameOf = (item: ExportItem) => joined(item.split, item.name + item.extension);

export const cvat: ExportFormat = {
  name: 'cvat',
  title: 'CVAT for images',
  notes(dataset) {
    requireNames('XML', dataset.classes, NO_XML, 'a control character');
    return [...objectNotes(dataset), ...ignoredNotes(dataset)];
  },
  image: (item) => joined('images', nameOf(item)),
  writer(dataset) {
    const images: string[] = [];
    const labels = dataset.classes.map(
      ({ name, color }) =>
        `        <label>\n          <name>${escaped(name)}</name>\n          <color>${hex(color)}</color>\n` +
        '          <type>any</type>\n          <attributes>\n          </attributes>\n        </label>\n',
    );
    const head =
      `<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n  <meta>\n    <task>\n` +
      `      <name>${escaped(dataset.name)}</name>\n      <size>${dataset.items.length}</size>\n` +
      `      <mode>annotation</mode>\n      <labels>\n${labels.join('')}      </labels>\n    </task>\n  </meta>\n`;
    /** @param group what the polygons of one object have in common */
    const elements = (
      { label, layer, polygons, x, y, width, height, mask }: PaintedObject,
      group: number,
    ): string[] => {
      const common = `label="${escaped(dataset.classes[label].name)}" source="manual" occluded="0"`;
      if (!polygons) {
        const box = `left="${x}" top="${y}" width="${width}" height="${height}"`;
        return [`    <mask ${common} rle="${rowRuns(mask).join(', ')}" ${box} z_order="${layer}">\n    </mask>\n`];
      }
      const grouped = polygons.length > 1 ? ` group_id="${group}"` : '';
      return polygons.map((polygon) => {
        const points = pairs(polygon).map((point) => point.join(','));
        return `    <polygon ${common} points="${points.join(';')}" z_order="${layer}"${grouped}>\n    </polygon>\n`;
      });
    };
    return {
      item(item) {
        const shapes = paintedObjects(item, dataset, DRAWN).flatMap((object, i) => elements(object, i + 1));
        images.push(
          `  <image id="${images.length}" name="${escaped(nameOf(item))}" width="${item.width}" height="${item.height}">\n` +
            `${shapes.join('')}  </image>\n`,
        );
        return [];
      },
      end: () => [{ path: 'annotations.xml', data: `${head}${images.join('')}</annotations>\n` }],
    };
  },
};
