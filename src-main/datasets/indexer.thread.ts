/** The worker thread of `Indexer`. */
import { serveThread } from '../base/thread-pool.ts';
import { type IndexAnswer, type IndexRequest, indexItem, makeThumbnail } from './index-items.ts';

serveThread<IndexRequest, IndexAnswer>((request) => {
  if (request.kind === 'thumbnail') return void makeThumbnail(request.image, request.to);
  return indexItem(request.root, request.item, request.table, request.classes);
});
