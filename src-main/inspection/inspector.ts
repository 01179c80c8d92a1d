/** Answers requests for predictions and similarity maps, one after another; keeps the last models loaded. */
import { statSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { fileProblem, readBytes } from '../base/files.ts';
import {
  type FromWorker,
  type InspectRequest,
  inspectRequest,
  type Prediction,
  type SimilarityMaps,
} from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import { decodeImage } from '../datasets/codec.ts';
import { type OpenModel, openModel } from '../training/model.ts';
import { similarityMaps } from './similarity.ts';
import { topClasses } from './top-classes.ts';

const KEPT = 3;

export class Inspector {
  private readonly send: (message: FromWorker) => void;
  /** By path and taps; the one used longest ago first. */
  private readonly models = new Map<string, { model: OpenModel; changedAt: number }>();
  private turn: Promise<void> = Promise.resolve();

  constructor(send: (message: FromWorker) => void) {
    this.send = send;
  }

  /** Answers by an `inspected` or a `refused` message with the same id. */
  ask(id: number, request: InspectRequest): void {
    this.turn = this.turn.then(async () => {
      try {
        this.send({ type: 'inspected', id, result: await this.answer(inspectRequest.parse(request)) });
      } catch (error) {
        const { message } = error instanceof Error ? error : new Error(String(error));
        const place = error instanceof Problem ? { where: error.where, next: error.next } : {};
        this.send({ type: 'refused', id, message, ...place });
      }
      await turn();
    });
  }

  private async answer(request: InspectRequest): Promise<Prediction | SimilarityMaps> {
    const image = decodeImage(readBytes(request.image), request.image);
    if (request.kind === 'predict') return topClasses(await this.model(request.model), image);
    const taps = (side: 'teacher' | 'student') => request.terms.flatMap((term) => term.taps?.[side] ?? []);
    const teacher = await this.model(request.teacher, taps('teacher'));
    const student = await this.model(request.student, taps('student'));
    return similarityMaps(teacher, student, image, request.terms);
  }

  /** The model of a file, read again when the file has changed: a run goes on while it is looked at. */
  private async model(file: string, taps: string[] = []): Promise<OpenModel> {
    const key = [file, ...taps].join('\0');
    let changedAt: number;
    try {
      changedAt = statSync(file).mtimeMs;
    } catch (error) {
      this.forget(key);
      throw fileProblem(error, file, 'read');
    }
    const known = this.models.get(key);
    if (known?.changedAt === changedAt) {
      this.models.delete(key);
      this.models.set(key, known);
      return known.model;
    }
    this.forget(key);
    const model = await openModel(file, taps);
    this.models.set(key, { model, changedAt });
    for (const oldest of [...this.models.keys()].slice(0, -KEPT)) this.forget(oldest);
    return model;
  }

  private forget(key: string): void {
    this.models.get(key)?.model.executable.dispose();
    this.models.delete(key);
  }
}
