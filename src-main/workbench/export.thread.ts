/** The thread of one export: reads from the project what there is to write, then writes it a few items at a time. */
import path from 'node:path';
import { Export, type ExportSource, exportItem } from '../annotation/export.ts';
import { formatOf } from '../annotation/registry.ts';
import { serveThread } from '../base/thread-pool.ts';
import { Problem } from '../contract/problem.ts';
import { holdsInstances } from '../datasets/read-document.ts';
import { openForReading } from '../store/database.ts';
import { getDataset, labelValues } from '../store/datasets.ts';
import { labelledItems } from '../store/labelled.ts';
import type { ExportAnswer, ExportRequest } from './exports.ts';
import { instancesOf } from './label-states.ts';

/** How long one answer may take, so that a stop is heard. */
const STEP_MS = 200;

let current: Export | null = null;

/** Its connection is closed when the thread ends: instances are read item by item. */
function sourceOf(file: string, id: number): ExportSource {
  const database = openForReading(file);
  const { name, classes, root } = getDataset(database, id);
  const rows = labelledItems(database, path.dirname(file), id);
  if (rows.length === 0) throw new Problem(`The data set ${name} has no label maps to export.`, { where: root });
  const ignoring = rows.filter((row) => row.ignoring).length;
  const shaped = rows.some((row) => row.corrected || (row.labels !== null && holdsInstances(row.labels)));
  const dataset = { name, classes, items: rows.map(exportItem), ignoring, shaped };
  const table = Uint16Array.from(labelValues(database, id));
  return { root, table, dataset, files: rows, instances: (index) => instancesOf(database, rows[index].id) };
}

function step(): ExportAnswer {
  const end = performance.now() + STEP_MS;
  for (;;) {
    const done = current!.next();
    if (done === null) return { kind: 'end' };
    if (performance.now() > end) return { kind: 'written', done };
  }
}

serveThread<ExportRequest, ExportAnswer>((request) => {
  if (request.kind === 'next') return step();
  if (request.kind === 'abandon') {
    current?.abandon();
    return { kind: 'end' };
  }
  const source = sourceOf(request.database, request.dataset);
  const format = formatOf(request.format);
  if (request.kind === 'check') {
    return { kind: 'checked', notes: format.notes(source.dataset), images: source.files.length };
  }
  current = new Export(source, format, request.folder, request.images);
  return { kind: 'opened', items: source.files.length };
});
