/** The one table of the demo. */
import type { ClassInfo } from '../contract/dataset.ts';
import type { EvaluationSummary } from '../contract/evaluation.ts';

export interface Contender {
  title: string;
  evaluation: EvaluationSummary;
}

/** Rows of a name and one cell per contender. */
export function tableRows(contenders: Contender[], classes: ClassInfo[]): { name: string; cells: string[] }[] {
  const row = (name: string, cell: (evaluation: EvaluationSummary) => string) => ({
    name,
    cells: contenders.map(({ evaluation }) => cell(evaluation)),
  });
  return [
    row('mIoU', (one) => percent(one.mIoU)),
    ...classes.map(({ name }, c) => row(`IoU ${name}`, (one) => percent(one.ious[c]))),
    row('pixel accuracy', (one) => percent(one.pixelAccuracy)),
    row('parameters', (one) => one.parameters.toLocaleString('en')),
    row('MACs', (one) => `${(one.macs / 1e6).toFixed(1)} M`),
    row('ms per image', (one) => one.msPerImage.toFixed(1)),
  ];
}

/** The table as lines of text. */
export function tableText(contenders: Contender[], classes: ClassInfo[]): string {
  const rows = [{ name: '', cells: contenders.map((one) => one.title) }, ...tableRows(contenders, classes)];
  const first = Math.max(...rows.map((row) => row.name.length));
  const widths = contenders.map((_, i) => Math.max(...rows.map((row) => row.cells[i].length)));
  const lines = rows.map(({ name, cells }) =>
    [name.padEnd(first), ...cells.map((cell, i) => cell.padStart(widths[i]))].join('   ').trimEnd(),
  );
  lines.splice(1, 0, '─'.repeat(first + widths.reduce((sum, width) => sum + width + 3, 0)));
  return `${lines.join('\n')}\n`;
}

function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : (value * 100).toFixed(2);
}

/** What such a table does not show, said with it. */
export const ONE_RUN =
  'One run of each, briefly trained: another seed shifts these figures, often by more than the two students differ.';
