/** What the services of the workbench share: the options of the host, the news, the jobs, the project that is open. */
import type { z } from 'zod';
import { Problem } from '../contract/problem.ts';
import type { Answers, News, NewsName, ParsedParams, RequestName, requests } from '../contract/window.ts';
import { Jobs } from './jobs.ts';
import type { OpenProject } from './project.ts';

export type PickPurpose = z.infer<(typeof requests)['files.pick']>['purpose'];

export interface WorkbenchOptions {
  /** Where the pages are; `cli`: there are none. */
  home: 'electron' | 'browser' | 'cli';
  version: string;
  /** The application's folder: resources/ and dist/main/ are in it. Never written to. */
  root: string;
  /** Asks the user for a file or folder and answers its path; null: none was chosen. Without it the user types paths. */
  pick?: (purpose: PickPurpose) => Promise<string | null>;
}

export type NewsListener = (name: NewsName, news: News[NewsName]) => void;

/** How each request is answered. */
export type Handlers = { [N in RequestName]: (params: ParsedParams<N>) => Answers[N] | Promise<Answers[N]> };
/** The answers to the requests of one subject: `datasets.list`, `datasets.import`, … */
export type HandlersOf<S extends string> = Pick<Handlers, Extract<RequestName, `${S}.${string}`>>;

export class Context {
  readonly options: WorkbenchOptions;
  readonly jobs: Jobs;
  private readonly listeners = new Set<NewsListener>();
  private current: OpenProject | null = null;

  constructor(options: WorkbenchOptions) {
    this.options = options;
    this.jobs = new Jobs((jobs) => this.tell('jobs.changed', jobs));
  }

  /** @returns what stops the news again */
  onNews(listener: NewsListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell<N extends NewsName>(name: N, news: News[N]): void {
    for (const listener of this.listeners) listener(name, news);
  }

  /** The project that is open. @throws Problem where none is */
  get project(): OpenProject {
    if (this.current) return this.current;
    throw new Problem('No project is open.', { next: 'Open or create one first.' });
  }

  get projectIfOpen(): OpenProject | null {
    return this.current;
  }

  setProject(project: OpenProject | null): void {
    this.current = project;
    this.tell('project.changed', project?.summary ?? null);
  }
}
