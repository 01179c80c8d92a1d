/** Begins an export of a data set, says so, and waits to be killed. */
import { Export, exportItem } from '../../../src-main/annotation/export.ts';
import { formatOf } from '../../../src-main/annotation/registry.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';

const [data, out] = process.argv.slice(2);
const { root, table, name, classes, items } = openDataset(data);
const dataset = { name, classes, items: items.map(exportItem), ignoring: 0, shaped: false };
const begun = new Export({ root, table, dataset, files: items, instances: () => ({}) }, formatOf('png'), out, false);
begun.next();
process.stdout.write('begun\n');
setInterval(() => {}, 1000);
