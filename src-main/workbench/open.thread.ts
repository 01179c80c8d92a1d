/** The thread in which a project's database is checked and migrated, and other programs that hold it are waited for. */
import { serveThread } from '../base/thread-pool.ts';
import { prepareDatabase } from '../store/database.ts';
import type { OpenRequest } from './project.ts';

serveThread<OpenRequest, null>(({ file, create }) => {
  prepareDatabase(file, { create });
  return null;
});
