/** Answers requests for predictions and similarity maps, one after another; keeps the last models loaded. */
import { statSync } from 'node:fs';
import { fileProblem, readBytes } from '../base/files.ts';
import {
  type FromWorker,
  type InspectRequest,
  inspectRequest,
  type Prediction,
  type SimilarityMaps,
} from '../contract/job.ts';
import { decodeImage } from '../datasets/codec.ts';
import { type OpenModel, openModel } from '../training/model.ts';
import { inTurn } from './in-turn.ts';
import { similarityMaps } from './similarity.ts';
import { topClasses } from './top-classes.ts';

const KEPT = 3;

export class Inspector {
  /** By path and taps; the one used longest ago first. */
  private readonly models = new Map<string, { model: OpenModel; changedAt: number }>();
  readonly ask: ReturnType<typeof inTurn>;

  constructor(send: (message: FromWorker) => void) {
    this.ask = inTurn(send, (request) => this.answer(inspectRequest.parse(request)));
  }

  private async answer(request: InspectRequest): Promise<Prediction | SimilarityMaps> {
    const image = decodeImage(readBytes(request.image), request.image);
    if (request.kind === 'predict') {
      const model = await this.model(request.model);
      const { preprocessing = model.card.preprocessing, crf } = request;
      return topClasses({ ...model, card: { ...model.card, preprocessing } }, image, crf);
    }
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
