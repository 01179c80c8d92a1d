/** The project as the commands see it: opened here, or asked of the Stillroom that has it open. */
import path from 'node:path';
import { appFolder } from '../base/folders.ts';
import { Problem } from '../contract/problem.ts';
import type { Answers, JobSummary, News, NewsName, Params, RequestName } from '../contract/window.ts';
import { type Host, RemoteHost } from '../workbench/link.ts';
import { dataFolder } from '../workbench/places.ts';
import { ProjectInUse } from '../workbench/project.ts';
import { Workbench } from '../workbench/workbench.ts';
import { Progress } from './progress.ts';
import { version } from './version.ts';

/** The project that commands use where none is named. */
export function defaultProject(): string {
  return path.join(dataFolder(), 'projects', 'default');
}

/** What help says of `--project`. */
export const PROJECT_HELP = `the project's folder, made where it is not there (default: ${defaultProject()})`;

/** A second interrupt that comes sooner is taken for the first. */
const AGAIN_MS = 500;

export class Client {
  private readonly host: Host;
  private readonly shut: () => Promise<void>;
  private readonly gone: Promise<void> | null;
  private interruptedAt: number | null = null;
  private interrupt: (() => void) | null = null;

  private constructor(host: Host, shut: () => Promise<void>, gone: Promise<void> | null) {
    this.host = host;
    this.shut = shut;
    this.gone = gone;
  }

  /**
   * Opens a project, or joins the Stillroom that has it open.
   * @param options.create make it where it is not there
   */
  static async open(folder: string, options: { create: boolean }): Promise<Client> {
    const workbench = new Workbench({ home: 'cli', version: version(), root: appFolder() });
    try {
      await workbench.openProject(folder, options);
    } catch (error) {
      await workbench.close({ stopRuns: true });
      if (!(error instanceof ProjectInUse)) throw error;
      const remote = await RemoteHost.connect(error.folder);
      if (!remote) throw error;
      process.stderr.write('The project is open in another Stillroom; the work is done there.\n');
      return new Client(remote, async () => remote.close(), remote.gone);
    }
    let client: Client;
    const stop = () => client.onSignal();
    // What others have asked of this host through the link is finished too, unless the user stops it.
    const close = async () => {
      await workbench.close({ stopRuns: client.interruptedAt !== null });
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, stop);
    };
    client = new Client(workbench, close, null);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
    return client;
  }

  request<N extends RequestName>(name: N, params: Params<N>): Promise<Answers[N]> {
    return this.host.handle(name, params) as Promise<Answers[N]>;
  }

  onNews<N extends NewsName>(name: N, listener: (news: News[N]) => void): () => void {
    return this.host.onNews((told, news) => {
      if (told === name) listener(news as News[N]);
    });
  }

  /** A token for a path of the user's. */
  async file(purpose: Params<'files.pick'>['purpose'], file: string): Promise<string> {
    const picked = await this.request('files.pick', { purpose, path: path.resolve(file) });
    if (!picked) throw new Problem('The path is empty.', { next: 'Name a file or folder.' });
    return picked.file;
  }

  /**
   * Waits for the end of a job and shows how it goes. An interrupt stops it.
   * @throws Problem where it failed
   */
  async follow(find: (job: JobSummary) => boolean, title: string): Promise<JobSummary> {
    const progress = new Progress(title);
    let quiet = () => {};
    try {
      const ended = new Promise<JobSummary>((resolve) => {
        const look = (jobs: JobSummary[]) => {
          const job = jobs.findLast(find);
          if (!job) return;
          progress.show(job);
          this.interrupt = () => void this.request('jobs.cancel', { job: job.id }).catch(() => {});
          if (job.status === 'done' || job.status === 'failed') resolve(job);
        };
        quiet = this.onNews('jobs.changed', look);
        this.request('jobs.list', {}).then(look, () => {});
      });
      const job = await (this.gone ? Promise.race([ended, this.gone]) : ended);
      if (!job) {
        throw new Problem('The Stillroom that did the work has ended.', {
          next: 'Run the command again; runs: --resume.',
        });
      }
      if (job.status === 'failed') throw new Problem(job.message ?? `${title} failed.`);
      return job;
    } finally {
      quiet();
      this.interrupt = null;
      progress.end();
    }
  }

  close(): Promise<void> {
    return this.shut();
  }

  private onSignal(): void {
    // One interrupt may come twice: to the whole group, and passed on by the launcher.
    if (this.interruptedAt !== null) {
      if (performance.now() - this.interruptedAt > AGAIN_MS) process.exit(130);
      return;
    }
    this.interruptedAt = performance.now();
    process.stderr.write('\nStopping; interrupt again to end at once.\n');
    if (this.interrupt) this.interrupt();
    else process.exit(130);
  }
}

/** Does something with a project and closes it again, whatever comes of it. */
export async function withProject<T>(
  folder: string | undefined,
  options: { create: boolean },
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await Client.open(path.resolve(folder ?? defaultProject()), options);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
