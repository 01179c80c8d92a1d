/**
 * The host: everything that the window, the pages in a browser and the command line can ask for. Thin on purpose: it
 * checks each request against the contract and passes it to the service of its subject.
 */
import { Problem } from '../contract/problem.ts';
import { type AppInfo, type JobSummary, type ProjectSummary, type RequestName, requests } from '../contract/window.ts';
import { Context, type Handlers, type NewsListener, type WorkbenchOptions } from './context.ts';
import { Files, fileHandlers } from './files.ts';
import { isGoing } from './jobs.ts';
import { Projects, projectHandlers } from './projects.ts';
import { recentProjects, settingsHandlers } from './settings.ts';

export type { WorkbenchOptions } from './context.ts';

export class Workbench {
  private readonly context: Context;
  private readonly files = new Files();
  private readonly projects: Projects;
  private readonly handlers: Partial<Handlers>;

  constructor(options: WorkbenchOptions) {
    this.context = new Context(options);
    this.projects = new Projects(this.context, [], {
      handle: (name, params) => this.handleLinked(name, params),
      onNews: (listener) => this.onNews(listener),
    });
    this.handlers = {
      'app.info': () => this.info(),
      ...settingsHandlers,
      ...fileHandlers(this.context, this.files),
      ...projectHandlers(this.projects, this.files),
      'jobs.list': () => this.context.jobs.list(),
      'jobs.cancel': ({ job }) => {
        this.context.jobs.get(job).cancel();
        return null;
      },
    };
  }

  /**
   * Answers a request of the contract.
   * @param params as in `requests[name]`, from whoever: they are checked
   * @throws Problem what the user is to be told; anything else is our own fault
   */
  async handle(name: string, params: unknown): Promise<unknown> {
    if (!Object.hasOwn(requests, name)) throw new Problem(`There is no request “${name}”.`);
    const parsed = requests[name as RequestName].safeParse(params);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new Problem(`The request ${name} is not well formed: ${issue.message}.`, { where: issue.path.join('.') });
    }
    const handler = this.handlers[name as RequestName] as ((params: unknown) => unknown) | undefined;
    return handler?.(parsed.data);
  }

  /** @returns what stops the news again */
  onNews(listener: NewsListener): () => void {
    return this.context.onNews(listener);
  }

  /** Answers a GET for one of `resources` (`/data/…`, any origin); 404 where there is nothing. */
  async resource(_request: Request): Promise<Response> {
    return new Response(null, { status: 404 });
  }

  /**
   * Opens the project in a folder that the user named outside the pages: an argument, the command line.
   * @param options.create make it where it is absent
   */
  openProject(folder: string, options: { create?: boolean } = {}): Promise<ProjectSummary> {
    return this.projects.open(folder, options.create ? 'either' : 'open');
  }

  /** A token, as `files.pick` answers it, for a path that the user chose without the dialog (drag and drop). */
  grant(path: string): { file: string; label: string } {
    return this.files.grant(path);
  }

  /** The project that is open. */
  get project(): ProjectSummary | null {
    return this.context.projectIfOpen?.summary ?? null;
  }

  /** The jobs of runs that have a worker or wait for one: quitting must ask, and the machine must not sleep. */
  activeRuns(): JobSummary[] {
    return this.context.jobs.list().filter((job) => job.kind === 'train' && isGoing(job));
  }

  /**
   * Closes the project and ends every worker.
   * @param options.stopRuns true: stop runs with a checkpoint; false: wait until they have ended by themselves
   */
  close(options: { stopRuns: boolean }): Promise<void> {
    return this.projects.close(options);
  }

  private info(): AppInfo {
    const { version, home } = this.context.options;
    return {
      version,
      home: home === 'electron' ? 'electron' : 'browser',
      platform: process.platform,
      project: this.project,
      recent: recentProjects(),
    };
  }

  /** The command line, linked to this host, runs as the same user: it may name paths itself. */
  private async handleLinked(name: string, params: unknown): Promise<unknown> {
    if (name !== 'files.pick') return this.handle(name, params);
    const { path } = requests['files.pick'].parse(params);
    return path ? this.files.grant(path) : null;
  }
}
