/** The thread of one import: opens the data set, then hands out what it finds, batch by batch. */
import { serveThread } from '../base/thread-pool.ts';
import { Import, type ImportAnswer, type ImportRequest } from './import.ts';

let current: Import;

serveThread<ImportRequest, ImportAnswer>((request) => {
  if (request.kind === 'open') {
    current = new Import(request.folder, request.database, request);
    return current.opened();
  }
  return request.kind === 'next' ? current.next() : current.totals(request.dataset);
});
