/** A project that is open: its folder, its database, and the proof that nobody else has it. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileProblem } from '../base/files.ts';
import { ThreadPool } from '../base/thread-pool.ts';
import { Problem } from '../contract/problem.ts';
import type { ProjectSummary } from '../contract/window.ts';
import { connectDatabase, type Database, databaseProblem, type WritableDatabase } from '../store/database.ts';
import { type ProjectLock, takeLock } from '../store/lock.ts';
import { BLOCK_MS, Writer } from '../store/writer.ts';

const DATABASE = 'project.sqlite';
const LOCK = '.lock';
const HOLDER = '.host.json';

/** Another host has the project. */
export class ProjectInUse extends Problem {
  /** The project's real path. */
  readonly folder: string;

  constructor(folder: string) {
    super(`This project is already open in ${holder(folder)}.`, {
      where: folder,
      next: 'Go on there, or close it there first.',
    });
    this.folder = folder;
  }
}

export class OpenProject {
  /** The real path, so that one project has one name. */
  readonly folder: string;
  /** For reading, which waits for nobody. */
  readonly database: Database;
  private readonly writer: Writer;
  private readonly lock: ProjectLock;

  private constructor(folder: string, database: WritableDatabase, lock: ProjectLock) {
    this.folder = folder;
    this.database = database;
    this.writer = new Writer(database);
    this.lock = lock;
  }

  /**
   * Opens the project in a folder.
   * @param options.create make the folder and the project where they are absent
   * @throws Problem where there is none, it is open elsewhere, or its database cannot be used (see prepareDatabase)
   */
  static async open(folder: string, { create = false }: { create?: boolean } = {}): Promise<OpenProject> {
    const real = prepare(folder, create);
    const lock = lockProject(real);
    try {
      const file = path.join(real, DATABASE);
      await prepareInThread({ file, create });
      const database = connectDatabase(file, BLOCK_MS);
      for (const part of ['runs', 'models', 'cache']) mkdirSync(path.join(real, part), { recursive: true });
      writeFileSync(path.join(real, HOLDER), JSON.stringify({ pid: process.pid, computer: os.hostname() }));
      return new OpenProject(real, database, lock);
    } catch (error) {
      lock.release();
      throw error instanceof Problem ? error : fileProblem(error, real, 'open the project in');
    }
  }

  get summary(): ProjectSummary {
    return { name: path.basename(this.folder), folder: this.folder };
  }

  get databaseFile(): string {
    return path.join(this.folder, DATABASE);
  }

  /** The one way to write to the database; as `Writer.write`. */
  write<T>(work: (database: WritableDatabase) => T, patience?: number): Promise<T> {
    return this.writer.write(work, patience);
  }

  /** A path in the project. */
  path(...parts: string[]): string {
    return path.join(this.folder, ...parts);
  }

  /** Closes it once what is to be written is written, or given up. */
  async close(): Promise<void> {
    await this.writer.settled();
    this.database.close();
    rmSync(path.join(this.folder, HOLDER), { force: true });
    this.lock.release();
  }
}

/** What the thread `open.thread.ts` is asked for. */
export interface OpenRequest {
  file: string;
  create: boolean;
}

async function prepareInThread(request: OpenRequest): Promise<void> {
  const thread = new ThreadPool<OpenRequest, null>(new URL('./open.thread.ts', import.meta.url), 1);
  try {
    await thread.run(request);
  } finally {
    await thread.close();
  }
}

/** Whether the folder holds a project. */
export function isProject(folder: string): boolean {
  return existsSync(path.join(folder, DATABASE));
}

/** Makes sure that the folder is a project's or may become one; answers its real path. */
function prepare(folder: string, create: boolean): string {
  try {
    if (isProject(folder)) return realpathSync(folder);
    if (!create) {
      throw new Problem('There is no Stillroom project in this folder.', {
        where: folder,
        next: 'Choose the folder that holds project.sqlite, or create a project.',
      });
    }
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (stat && !stat.isDirectory()) {
      throw new Problem('A project is a folder, and this is a file.', { where: folder, next: 'Choose a folder.' });
    }
    if (stat && readdirSync(folder).some((name) => !name.startsWith('.'))) {
      throw new Problem('This folder is neither empty nor a Stillroom project.', {
        where: folder,
        next: 'Choose an empty folder, or one that is not there yet.',
      });
    }
    mkdirSync(folder, { recursive: true });
    return realpathSync(folder);
  } catch (error) {
    throw fileProblem(error, folder, 'open the project in');
  }
}

function lockProject(folder: string): ProjectLock {
  const file = path.join(folder, LOCK);
  try {
    const lock = takeLock(file);
    if (lock) return lock;
  } catch (error) {
    throw databaseProblem(error, file);
  }
  throw new ProjectInUse(folder);
}

/** Who has the project, in words. */
function holder(folder: string): string {
  try {
    const { pid, computer } = JSON.parse(readFileSync(path.join(folder, HOLDER), 'utf8'));
    const place = computer === os.hostname() ? '' : ` on the computer ${computer}`;
    return `another Stillroom (process ${Number(pid)}${place})`;
  } catch {
    return 'another Stillroom';
  }
}
