/**
 * The host: everything that the window, the pages in a browser and the command line can ask for. Thin on purpose: it
 * checks each request against the contract and passes it to the service of its subject.
 */
import { Problem } from '../contract/problem.ts';
import {
  type AppInfo,
  type JobSummary,
  type ParsedParams,
  type ProjectSummary,
  type RequestName,
  requests,
} from '../contract/window.ts';
import { databaseProblem } from '../store/database.ts';
import { Annotations, annotationHandlers } from './annotations.ts';
import { Assist, assistHandlers } from './assist.ts';
import { Catalogue } from './catalogue.ts';
import { Context, type Handlers, type NewsListener, type WorkbenchOptions } from './context.ts';
import { Corrections } from './corrections.ts';
import { Datasets, datasetHandlers } from './datasets.ts';
import { Embeddings, embeddingHandlers } from './embeddings.ts';
import { Evaluations, evaluationHandlers } from './evaluations.ts';
import { Exports, exportHandlers } from './exports.ts';
import { Files, fileHandlers } from './files.ts';
import { Inspections, inspectionHandlers } from './inspections.ts';
import { LabelThreads } from './label-threads.ts';
import { listHandlers } from './lists.ts';
import { modelHandlers } from './models.ts';
import { Previews } from './preview.ts';
import { Projects, projectHandlers } from './projects.ts';
import { Reader } from './reader.ts';
import { recipeHandlers } from './recipes.ts';
import { answerResource, type Sources } from './resources.ts';
import { Runs, runHandlers } from './runs.ts';
import { sampleHandlers } from './samples.ts';
import { recentProjects, settingsHandlers } from './settings.ts';
import { Speeds } from './speeds.ts';
import { Sweeps, sweepHandlers } from './sweeps.ts';
import { TeacherCaches } from './teacher-caches.ts';

export type { WorkbenchOptions } from './context.ts';

export class Workbench {
  private readonly context: Context;
  private readonly files = new Files();
  private readonly catalogue = new Catalogue();
  private readonly sources: Sources;
  private readonly previews: Previews;
  private readonly projects: Projects;
  private readonly handlers: Handlers;
  private unsavedStrokes: ParsedParams<'app.unsaved'> = { strokes: 0, reason: null };

  constructor(options: WorkbenchOptions) {
    const { files, catalogue } = this;
    const context = new Context(options);
    const reader = new Reader();
    const labelThreads = new LabelThreads();
    const corrections = new Corrections(context, labelThreads);
    const annotations = new Annotations(context, labelThreads, corrections);
    const datasets = new Datasets(context, reader, labelThreads, corrections);
    const previews = new Previews(context, files);
    const speeds = new Speeds(context);
    const runs = new Runs(context, catalogue, corrections, speeds);
    const sweeps = new Sweeps(context, catalogue, runs);
    const evaluations = new Evaluations(context, corrections, annotations);
    const embeddings = new Embeddings(context, catalogue, reader, corrections);
    const exports = new Exports(context, corrections);
    const assist = new Assist(context, datasets);
    const inspections = new Inspections(context, datasets);
    const teacherCaches = new TeacherCaches(context, catalogue, corrections);
    // In the order in which they are closed: sweeps before their runs, the readers last, for the others use them.
    const jobs = [sweeps, runs, evaluations, embeddings, speeds, exports, teacherCaches, inspections, datasets];
    const keepers = [...jobs, assist, annotations, corrections, labelThreads, reader];
    const projects = new Projects(context, keepers, {
      handle: (name, params) => this.handleLinked(name, params),
      onNews: (listener) => this.onNews(listener),
    });
    this.context = context;
    this.sources = { datasets, annotations, assist, previews, inspections, embeddings };
    this.previews = previews;
    this.projects = projects;
    this.handlers = {
      'app.info': () => this.info(),
      'app.unsaved': (unsaved) => {
        this.unsavedStrokes = unsaved;
        return null;
      },
      ...settingsHandlers,
      ...fileHandlers(context, files),
      ...projectHandlers(projects, files),
      ...datasetHandlers(context, datasets, previews, files),
      ...listHandlers(context, reader),
      ...annotationHandlers(context, annotations),
      ...assistHandlers(assist),
      ...exportHandlers(exports, files),
      ...modelHandlers(context, catalogue, files, speeds),
      ...recipeHandlers(context, catalogue, files, teacherCaches),
      ...runHandlers(context, runs, reader, corrections),
      ...sweepHandlers(context, sweeps),
      ...evaluationHandlers(context, evaluations, annotations),
      ...embeddingHandlers(embeddings),
      ...inspectionHandlers(inspections),
      ...sampleHandlers(context, projects, datasets, catalogue),
      'jobs.list': () => context.jobs.list(),
      'jobs.cancel': async ({ job }) => {
        await context.jobs.get(job).cancel();
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
    try {
      return await (this.handlers[name as RequestName] as (params: unknown) => unknown)(parsed.data);
    } catch (error) {
      throw databaseProblem(error, this.context.projectIfOpen?.databaseFile ?? '');
    }
  }

  /** @returns what stops the news again */
  onNews(listener: NewsListener): () => void {
    return this.context.onNews(listener);
  }

  /** Answers a GET for one of `resources` (`/data/…`, any origin); 404 where there is nothing. */
  resource(request: Request): Promise<Response> {
    return answerResource(request, this.sources);
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

  /** Strokes that the window holds and has not saved, with what keeps it from that: quitting must wait or ask. */
  get unsaved(): ParsedParams<'app.unsaved'> {
    return this.unsavedStrokes;
  }

  /** The jobs of runs that have a worker or wait for one, and of sweeps: quitting must ask, and the machine must not sleep. */
  activeRuns(): JobSummary[] {
    return this.context.jobs.activeRuns();
  }

  /**
   * Closes the project and ends every worker.
   * @param options.stopRuns true: stop runs with a checkpoint; false: wait until they have ended by themselves
   */
  async close(options: { stopRuns: boolean }): Promise<void> {
    await this.projects.close(options);
    await this.catalogue.close();
    await this.previews.close();
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
