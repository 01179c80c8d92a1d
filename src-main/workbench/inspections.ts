/** Looking into models: predictions and similarity maps of one image, by a worker that stays up while it is used. */
import type { InspectedMaps, MapInfo } from '../contract/inspection.ts';
import type { FloatMap } from '../contract/job.ts';
import type { Preprocessing } from '../contract/model.ts';
import { Problem } from '../contract/problem.ts';
import type { Term } from '../contract/recipe.ts';
import { resources } from '../contract/resources.ts';
import { getItem } from '../store/items.ts';
import { getModel } from '../store/models.ts';
import { getRunDetail } from '../store/runs.ts';
import { checkpointFiles } from '../training/checkpoint.ts';
import type { Context, HandlersOf } from './context.ts';
import type { Datasets } from './datasets.ts';
import { InspectWorker } from './inspect-worker.ts';
import { Kept } from './kept.ts';
import type { Keeper } from './projects.ts';
import type { Planes } from './resources.ts';
import { RestingWorker } from './resting-worker.ts';
import { wantedEngine } from './settings.ts';

/** A worker that nobody asked anything for this long is closed: it holds the engine's memory. */
const IDLE_MS = 60_000;
/** Bytes of results that are kept. */
const KEPT_BYTES = 256 * 1024 * 1024;

export class Inspections implements Keeper {
  private readonly context: Context;
  private readonly datasets: Datasets;
  private readonly worker: RestingWorker;
  private readonly kept = new Kept(KEPT_BYTES);

  constructor(context: Context, datasets: Datasets) {
    this.context = context;
    this.datasets = datasets;
    const start = () => new InspectWorker(context.options.root, { kind: 'inspect', engine: wantedEngine() });
    this.worker = new RestingWorker(start, IDLE_MS);
  }

  /** The planes behind a key of `inspect.predict`; null where it is gone. */
  prediction(key: string): Planes | null {
    return this.kept.find(key);
  }

  /** The float32 values behind a key of `inspect.maps`; null where it is gone. */
  map(key: string): Planes | null {
    return this.kept.find(key);
  }

  /**
   * @param change.preprocessing instead of that of the model's card
   * @param change.crf with the dense CRF after the network
   */
  async predict(
    model: number,
    item: number,
    change: { preprocessing?: Preprocessing; crf?: boolean } = {},
  ): Promise<{ key: string; width: number; height: number }> {
    const { project } = this.context;
    const { file } = getModel(project.database, model);
    const image = await this.image(item);
    const request = { kind: 'predict', model: project.path(file), image, ...change } as const;
    const result = await this.worker.use((worker) => worker.ask(request));
    const { width, height, classes, probabilities } = result;
    const bytes = new Uint8Array(classes.byteLength + probabilities.byteLength);
    bytes.set(classes);
    bytes.set(bytesOf(probabilities), classes.byteLength);
    return { key: this.kept.keep({ width, height, bytes }), width, height };
  }

  /** @param terms null: those of the run, or the methods' defaults */
  async maps(
    teacher: number,
    student: { model: number } | { run: string },
    item: number,
    terms: Term[] | null,
  ): Promise<InspectedMaps> {
    const { project } = this.context;
    const seen = this.student(student);
    const request = {
      kind: 'maps' as const,
      teacher: project.path(getModel(project.database, teacher).file),
      student: seen.file,
      image: await this.image(item),
      terms: terms ?? seen.terms,
    };
    const result = await this.worker.use((worker) => worker.ask(request));
    const { matrices, values } = result;
    return {
      teacher: result.teacher.map((map) => this.keepMap(map)),
      student: result.student.map((map) => this.keepMap(map)),
      matrices: matrices && {
        classes: matrices.classes,
        teacher: [...matrices.teacher],
        student: [...matrices.student],
      },
      values,
      step: seen.step,
    };
  }

  /** The student's weights, and the terms of the run that made it. */
  private student(which: { model: number } | { run: string }): { file: string; terms: Term[]; step: number | null } {
    const { project } = this.context;
    if ('run' in which) {
      const { recipe } = getRunDetail(project.database, which.run);
      const [newest] = checkpointFiles(project.path('runs', which.run));
      if (!newest) {
        throw new Problem(`The run ${which.run} has no checkpoint yet.`, {
          next: 'Look again when it has trained a while.',
        });
      }
      return { ...newest, terms: recipe.methods };
    }
    const model = getModel(project.database, which.model);
    const terms = model.run === null ? [] : getRunDetail(project.database, model.run).recipe.methods;
    return { file: project.path(model.file), step: null, terms };
  }

  private async image(item: number): Promise<string> {
    getItem(this.context.project.database, item);
    const image = await this.datasets.image(item);
    if (!image) throw new Problem(`There is no image ${item} in this project.`);
    return image.file;
  }

  private keepMap(map: FloatMap): MapInfo {
    const { name, width, height, data } = map;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (const value of data) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const key = this.kept.keep({ width, height, bytes: bytesOf(data).slice() });
    return { name, height, width, range: [low, high], url: resources.map(key) };
  }

  async closing(): Promise<void> {
    this.kept.clear();
    await this.worker.close();
  }
}

function bytesOf(array: Uint16Array | Float32Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}

export function inspectionHandlers(inspections: Inspections): HandlersOf<'inspect'> {
  return {
    'inspect.predict': ({ model, item, ...change }) => inspections.predict(model, item, change),
    'inspect.maps': ({ teacher, student, item, terms }) => inspections.maps(teacher, student, item, terms),
  };
}
