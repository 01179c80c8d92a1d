/**
 * Cityscapes' fine annotations (cityscapesscripts/helpers/labels.py, preparation/json2labelImg.py and json2instanceImg.py):
 * label ids as grey PNG files, instance ids as 16-bit ones, and polygons that give the same ids when they are drawn in
 * their order.
 */
import { type ClassInfo, IGNORE } from '../../contract/dataset.ts';
import { Problem } from '../../contract/problem.ts';
import { CITYSCAPES_CLASSES, CITYSCAPES_LABEL_IDS } from '../../datasets/classes/cityscapes.ts';
import { encodePng, encodeWidePng } from '../../datasets/png.ts';
import { paintOrder, pixelOutline } from '../../labels/outlines.ts';
import { regionsOf } from '../../labels/regions.ts';
import { type BoxMask, spansOfMask } from '../../labels/spans.ts';
import {
  type ExportDataset,
  type ExportFormat,
  type ExportItem,
  jsonFile,
  type LabelledItem,
  pairs,
} from '../format.ts';
import { keptOutlines } from '../outlines.ts';

/** What ignored pixels become; its id is 0. */
const UNLABELED = 'unlabeled';

/** Label ids of the classes that are not evaluated. */
const OTHER_IDS: Record<string, number> = {
  [UNLABELED]: 0,
  'ego vehicle': 1,
  'rectification border': 2,
  'out of roi': 3,
  static: 4,
  dynamic: 5,
  ground: 6,
  parking: 9,
  'rail track': 10,
  'guard rail': 14,
  bridge: 15,
  tunnel: 16,
  polegroup: 18,
  caravan: 29,
  trailer: 30,
};

const IDS = new Map([
  ...Object.entries(OTHER_IDS),
  ...CITYSCAPES_CLASSES.map(({ name }, i): [string, number] => [name, CITYSCAPES_LABEL_IDS[i]]),
]);

/** Label ids of the classes whose objects are told apart: people and vehicles. */
const FIRST_WITH_INSTANCES = 24;
const LAST_WITH_INSTANCES = 33;

/** An instance's id is its class's times this and its number; those beyond it have the class's alone, as groups have. */
const INSTANCES = 1000;

/** The id of a class by its name, in whatever letters. */
const idOf = ({ name }: ClassInfo) => IDS.get(name.toLowerCase());

/** The end of names that Cityscapes gives: city, sequence, frame. */
const OWN = /(?:^|\/)(([^/_]+)_\d+_\d+)(?:_leftImg8bit)?$/;

const isOwnName = (item: ExportItem) => OWN.test(item.name);

/** City and file name without its ending. */
function placeOf(item: ExportItem): { city: string; base: string } {
  const own = OWN.exec(item.name);
  return own ? { city: own[2], base: own[1] } : { city: item.split || 'images', base: item.name.replaceAll('/', '_') };
}

function pathOf(top: string, item: ExportItem, ending: string): string {
  const { city, base } = placeOf(item);
  return [top, item.split || 'all', city, `${base}_${ending}`].join('/');
}

function notes(dataset: ExportDataset): string[] {
  const strange = dataset.classes.filter((one) => idOf(one) === undefined).map(({ name }) => `“${name}”`);
  if (strange.length > 0) {
    const message = `Cityscapes has classes of its own, and ${strange.join(', ')} ${strange.length > 1 ? 'are' : 'is'} none of them.`;
    throw new Problem(message, { next: 'Rename the classes as Cityscapes has them, or choose another format.' });
  }
  const said: string[] = [];
  if (dataset.ignoring > 0) said.push('Ignored pixels become “unlabeled”, which Cityscapes does not evaluate.');
  if (dataset.items.some((item) => !isOwnName(item))) {
    said.push('Files are named CITY_…_gtFine_…: images of other names come into a city of their split’s name.');
  }
  if (dataset.shaped) {
    said.push(
      'Shapes keep their corners where these, drawn as Cityscapes draws them, give the label map; shapes that were painted over, that have holes or that were drawn by another rule are traced.',
      'A shape of several polygons becomes several objects there.',
    );
  }
  said.push(
    'Every other connected region of a class or instance is a polygon, and where no instances are told apart an instance in instanceIds.',
  );
  return said;
}

/** What is drawn, one over the other; instance 0 is none. */
interface Drawn extends BoxMask {
  label: number;
  instance: number;
  polygons: number[][];
}

/** Regions, and over them the outlines that are kept: a traced polygon covers its holes. */
function drawnObjects(item: LabelledItem): Drawn[] {
  const { labels, width, height, instances } = item;
  const { outlines, owner } = keptOutlines(item, 'touched', 'under', true);
  const regions = paintOrder(regionsOf(labels, width, height, instances, owner));
  return [
    ...regions.map((region) => ({ ...region, polygons: [pixelOutline(region)] })),
    ...outlines.map((outline) => ({ ...outline, instance: outline.id })),
  ];
}

/** @param drawn in the order of drawing, by which it is counted */
function instanceIds(drawn: readonly Drawn[], width: number, height: number, ids: Uint8Array): Uint16Array {
  const out = new Uint16Array(width * height);
  const counts = new Map<number, number>();
  /** The numbers of instances that are in several parts. */
  const numbers = new Map<number, number>();
  for (const region of drawn) {
    const id = ids[region.label];
    const known = numbers.get(region.instance * 256 + id);
    const number = known ?? counts.get(id) ?? 0;
    if (known === undefined) counts.set(id, number + 1);
    if (region.instance > 0) numbers.set(region.instance * 256 + id, number);
    const counted = id >= FIRST_WITH_INSTANCES && id <= LAST_WITH_INSTANCES && number < INSTANCES;
    const value = counted ? id * INSTANCES + number : id;
    spansOfMask(region, (y, from, to) => out.fill(value, y * width + from, y * width + to));
  }
  return out;
}

export const cityscapes: ExportFormat = {
  name: 'cityscapes',
  title: 'Cityscapes',
  notes,
  image: (item) => pathOf('leftImg8bit', item, `leftImg8bit${item.extension}`),
  writer(dataset) {
    const ids = new Uint8Array(256);
    dataset.classes.forEach((one, i) => {
      ids[i] = idOf(one)!;
    });
    const nameOf = (label: number) => (label === IGNORE ? UNLABELED : dataset.classes[label].name.toLowerCase());
    return {
      item(item) {
        const { width, height, labels } = item;
        const drawn = drawnObjects(item);
        const objects = drawn.flatMap(({ label, polygons }) =>
          polygons.map((polygon) => ({ label: nameOf(label), polygon: pairs(polygon) })),
        );
        return [
          {
            path: pathOf('gtFine', item, 'gtFine_labelIds.png'),
            data: encodePng(
              width,
              height,
              1,
              labels.map((label) => ids[label]),
            ),
          },
          {
            path: pathOf('gtFine', item, 'gtFine_instanceIds.png'),
            data: encodeWidePng(width, height, instanceIds(drawn, width, height, ids)),
          },
          jsonFile(pathOf('gtFine', item, 'gtFine_polygons.json'), { imgHeight: height, imgWidth: width, objects }),
        ];
      },
      end: () => [],
    };
  },
};
