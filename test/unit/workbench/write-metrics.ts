/** Writes batches of metrics without end and says which are written, until it is killed. */
import { writeSync } from 'node:fs';
import { openDatabase } from '../../../src-main/store/database.ts';
import { saveMetrics } from '../../../src-main/store/metrics.ts';

const database = openDatabase(process.argv[2]);
for (let batch = Number(process.argv[3]); ; batch++) {
  const metrics = Array.from({ length: 20 }, (_, i) => ({ name: 'loss', step: batch * 20 + i, value: batch }));
  saveMetrics(database, 'made-1', metrics);
  writeSync(1, `${batch}\n`);
}
