/** A thread that decodes whole items for an evaluation. */
import { serveThread } from '../base/thread-pool.ts';
import type { FoundItem } from '../contract/dataset.ts';
import { type ItemPixels, readItem } from '../datasets/read-item.ts';

export interface DecodeRequest {
  root: string;
  table: Uint16Array;
  files: Pick<FoundItem, 'image' | 'labels'>;
}

serveThread<DecodeRequest, ItemPixels>(({ root, table, files }) => readItem(root, files, table));
