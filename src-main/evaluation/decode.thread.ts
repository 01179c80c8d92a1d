/** A thread that decodes whole items for an evaluation. */
import { serveThread } from '../base/thread-pool.ts';
import { type ItemFiles, type ItemPixels, readItem } from '../datasets/read-item.ts';

export interface DecodeRequest {
  root: string;
  table: Uint16Array;
  files: ItemFiles;
}

serveThread<DecodeRequest, ItemPixels>(({ root, table, files }) => readItem(root, files, table));
