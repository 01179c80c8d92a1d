/** The comparison as one HTML page that needs nothing else: pictures are in it, and it runs no script. */
import { type ClassInfo, IGNORE } from '../contract/dataset.ts';
import { encodeImage, type RgbImage } from '../datasets/codec.ts';
import { type Contender, ONE_RUN, tableRows } from './demo-table.ts';

/** One image with what each contender makes of it; all arrays are `height·width`. */
export interface PageItem {
  key: string;
  image: RgbImage;
  labels: Uint8Array;
  predictions: { classes: Uint8Array; mIoU: number | null }[];
}

const IGNORED: [number, number, number] = [40, 40, 40];
const WRONG: [number, number, number] = [230, 60, 50];

/**
 * The page.
 * @param contenders in the order of each item's predictions; the last one's errors are shown
 */
export function comparisonPage(contenders: Contender[], classes: ClassInfo[], items: PageItem[]): string {
  const last = contenders.at(-1)!;
  const head = ['image', 'truth', ...contenders.map((one) => one.title), `errors: ${last.title}`];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>Stillroom: sample comparison</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>One student, trained alone and distilled</h1>
<p>The same small network was trained twice on the sample streets with the same seed and schedule: once on the labels
alone, once also led by the teacher through Double Similarity Distillation. Images are in order of the distilled
student’s mIoU, worst first.</p>
<p>${ONE_RUN}</p></header>
${table(contenders, classes)}
<ul class="legend">${classes.map(({ name, color }) => `<li><i style="background:rgb(${color.join()})"></i>${escaped(name)}</li>`).join('')}<li><i style="background:rgb(${IGNORED.join()})"></i>ignored</li></ul>
<section class="grid" style="--panes:${head.length}">
${head.map((title) => `<h2>${escaped(title)}</h2>`).join('')}
${items.map((item) => panes(item, contenders, classes)).join('\n')}
</section>
</body>
</html>
`;
}

function table(contenders: Contender[], classes: ClassInfo[]): string {
  const head = contenders.map((one) => `<th scope="col">${escaped(one.title)}</th>`).join('');
  const rows = tableRows(contenders, classes).map(
    ({ name, cells }) =>
      `<tr><th scope="row">${escaped(name)}</th>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`,
  );
  return `<table><thead><tr><td></td>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
}

function panes(item: PageItem, contenders: Contender[], classes: ClassInfo[]): string {
  const { image, labels, predictions } = item;
  const { width, height } = image;
  const picture = (data: Uint8Array, alt: string, note = '') =>
    `<figure><img alt="${escaped(alt)}" width="${width}" height="${height}" src="${dataUri({ width, height, data })}">` +
    `<figcaption>${escaped(note)}</figcaption></figure>`;
  const ofModel = predictions.map(({ classes: predicted, mIoU }, i) => {
    const note = mIoU === null ? '' : (mIoU * 100).toFixed(1);
    return picture(colours(predicted, classes), `${contenders[i].title}, ${item.key}`, note);
  });
  return [
    picture(image.data, `image ${item.key}`, item.key),
    picture(colours(labels, classes), `truth ${item.key}`),
    ...ofModel,
    picture(errors(image, labels, predictions.at(-1)!.classes), `errors, ${item.key}`),
  ].join('');
}

/** A label map in its classes' colours. */
function colours(labels: Uint8Array, classes: ClassInfo[]): Uint8Array {
  const data = new Uint8Array(labels.length * 3);
  labels.forEach((label, i) => {
    data.set(classes[label]?.color ?? IGNORED, i * 3);
  });
  return data;
}

/** The image in dim grey, red where the prediction is not the truth. */
function errors({ data }: RgbImage, truth: Uint8Array, predicted: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length);
  truth.forEach((label, i) => {
    const grey = 0.4 * (0.299 * data[i * 3] + 0.587 * data[i * 3 + 1] + 0.114 * data[i * 3 + 2]);
    out.set(label !== IGNORE && label !== predicted[i] ? WRONG : [grey, grey, grey], i * 3);
  });
  return out;
}

function dataUri(image: RgbImage): string {
  return `data:image/png;base64,${Buffer.from(encodeImage(image)).toString('base64')}`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const STYLE = `
:root { color-scheme: light dark; --ground: light-dark(#fafafa, #161616); --text: light-dark(#1c1c1c, #e6e6e6);
  --quiet: light-dark(#666, #9a9a9a); --line: light-dark(#ddd, #333); }
body { margin: 32px auto; max-width: 1640px; padding: 0 24px; background: var(--ground); color: var(--text);
  font: 13px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
h1 { font-size: 22px; font-weight: 600; margin: 0 0 4px; }
header p { color: var(--quiet); max-width: 72ch; margin: 0 0 24px; }
table { border-collapse: collapse; margin-bottom: 24px; }
th, td { padding: 3px 16px 3px 0; text-align: right; border-bottom: 1px solid var(--line); }
th[scope=row] { text-align: left; font-weight: 400; color: var(--quiet); }
tbody tr:first-child > * { font-weight: 600; color: var(--text); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; list-style: none; padding: 0; margin: 0 0 16px; }
.legend i { display: inline-block; width: 12px; height: 12px; margin-right: 6px; border-radius: 2px;
  vertical-align: -1px; border: 1px solid var(--line); }
.grid { display: grid; grid-template-columns: repeat(var(--panes), minmax(0, 1fr)); gap: 4px 8px; }
.grid h2 { font-size: 13px; font-weight: 600; margin: 0; position: sticky; top: 0; background: var(--ground); padding: 4px 0; }
figure { margin: 0; position: relative; }
img { display: block; width: 100%; height: auto; image-rendering: pixelated; }
figcaption { color: var(--quiet); min-height: 20px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
`;
