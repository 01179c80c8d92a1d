/** Real pictures to train on: CamVid where it lies beside the checkout, otherwise the sample, made for the purpose. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { appFolder } from '../../../src-main/base/folders.ts';
import type { JobData } from '../../../src-main/contract/job.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { makeSample } from '../../../src-main/datasets/sample.ts';
import type { Bench } from '../bench.ts';

export interface TrainData {
  /** Which it is, for the table. */
  name: string;
  data: JobData;
}

export async function trainData(bench: Bench): Promise<TrainData> {
  const camvid = path.resolve(appFolder(), '..', 'shared', 'data', 'camvid');
  if (existsSync(camvid)) return { name: 'CamVid', data: dataOf(camvid) };
  return { name: 'the sample', data: dataOf(await makeSample(path.join(bench.folder('data'), 'sample'))) };
}

function dataOf(folder: string): JobData {
  const found = openDataset(folder);
  const items = found.items.filter(({ split }) => split === 'train').map((item, id) => ({ ...item, id }));
  const values = [...found.table].map((value) => Math.min(value, 255));
  return { root: found.root, classes: found.classes, values, items, hash: '' };
}
