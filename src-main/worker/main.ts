/**
 * A job's process. Its first message is the job; what it has to say goes to its host as messages of contract/job.ts.
 * When the host goes away it ends at once: nothing is to compute on in the dark.
 */
import { openSegmenter } from '../assist/segmenter.ts';
import { writeAtomic } from '../base/files.ts';
import { type FromWorker, type Job, job as jobSchema, type ToWorker } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import { embed } from '../embedding/embed.ts';
import { type EngineWish, startEngine } from '../engine/choose.ts';
import { disagreement } from '../evaluation/disagreement.ts';
import { evaluateModel, evaluateWithCrf } from '../evaluation/evaluate.ts';
import { predictFile } from '../evaluation/predict.ts';
import { prelabel } from '../evaluation/prelabel.ts';
import { measureSpeed } from '../evaluation/speed.ts';
import { uncertainty } from '../evaluation/uncertainty.ts';
import { Inspector } from '../inspection/inspector.ts';
import { compareTeacherCache } from '../training/compare-teacher.ts';
import { train } from '../training/loop.ts';
import { openModel } from '../training/model.ts';
import { Reporter } from '../training/reporter.ts';
import { adoptOnnx } from '../weights/onnx/run/adopt.ts';

const control = { paused: false, stopped: false };
let ask: Inspector['ask'] = () => {};
/** Settled when the last message has been handed over. */
let delivered: Promise<void> = Promise.resolve();

if (!process.send) throw new Error('This is the entry of a job’s process: it is started by the workbench.');
process.on('disconnect', () => process.exit(0));
// Ctrl+C in a terminal reaches the whole process group; what is to become of the job is for its host to say.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
process.on('message', receive);

function send(message: FromWorker): void {
  if (!process.connected) return;
  delivered = new Promise((resolve) => process.send!(message, () => resolve()));
}

function receive(message: ToWorker): void {
  if (message.type === 'job') doJob(message.job).catch(fail);
  else if (message.type === 'pause') control.paused = true;
  else if (message.type === 'resume') control.paused = false;
  else if (message.type === 'stop') control.stopped = true;
  else ask(message.id, message.request);
}

async function doJob(asked: Job): Promise<void> {
  const job = jobSchema.parse(asked);
  if (job.kind === 'train') {
    await train(job, { send, control, evaluate: evaluateModel });
  } else if (job.kind === 'segment') {
    ask = (await openSegmenter(send, job)).ask;
    send({ type: 'started', engine: 'onnx', engineName: 'ONNX Runtime', threads: 0, notes: [], resumedFrom: 0 });
    return;
  } else if (job.kind === 'adopt') {
    const { bytes, notes } = await adoptOnnx(job.file);
    writeAtomic(job.out, bytes);
    for (const text of notes) send({ type: 'event', level: 'warning', text });
  } else {
    send({ type: 'phase', text: 'Starting the engine' });
    const { id, name, threads, notes } = await startEngine(job.engine as EngineWish, (text) =>
      send({ type: 'phase', text }),
    );
    send({ type: 'started', engine: id, engineName: name, threads, notes, resumedFrom: 0 });
    if (job.kind === 'inspect') {
      ask = new Inspector(send).ask;
      return;
    }
    if (job.kind === 'compare-teacher') {
      const report = new Reporter(send);
      const train = { ...job, kind: 'train' as const, folder: '', evaluation: null };
      const result = await compareTeacherCache(train, (done, total) => report.progress(done, total));
      report.say({ type: 'compared', result });
      send({ type: 'done' });
      await leave(0);
      return;
    }
    if (job.kind === 'disagreement') {
      send({ type: 'phase', text: 'Loading the models' });
      const [one, other] = job.models;
      const models = [await openModel(one), await openModel(other)] as const;
      const report = new Reporter(send);
      const progress = (done: number, total: number) => report.progress(done, total);
      report.say({ type: 'measured', measures: await disagreement(models, job.data, job.pixels, progress) });
      send({ type: 'done' });
      await leave(0);
      return;
    }
    if (job.kind === 'speed') {
      const report = new Reporter(send);
      const progress = (done: number, total: number) => report.progress(done, total);
      const resident = id === 'cpu' || id === 'wasm';
      const speed = await measureSpeed(() => openModel(job.model), job.size, resident, progress);
      report.say({ type: 'speed', speed });
      send({ type: 'done' });
      await leave(0);
      return;
    }
    send({ type: 'phase', text: 'Loading the model' });
    const model = await openModel(job.model, job.kind === 'embed' ? [job.tap] : []);
    const report = new Reporter(send);
    const progress = (done: number, total: number) => report.progress(done, total);
    if (job.kind === 'embed') await embed(model, job.tap, job.data, report);
    else if (job.kind === 'predict') predictFile(model, job.image, job.out);
    else if (job.kind === 'uncertainty') {
      report.say({ type: 'measured', measures: await uncertainty(model, job.data, job.pixels, progress) });
    } else if (job.kind === 'prelabel') {
      const give = (item: number, classes: Uint8Array) => send({ type: 'prelabelled', item, classes });
      await prelabel(model, job.data, job.confidence, give, progress);
    } else if (job.crf) {
      for (const [i, result] of (await evaluateWithCrf(model, job.data, progress)).entries()) {
        report.say({ type: 'evaluated', step: null, result, best: false, crf: i === 1 });
      }
    } else {
      const result = await evaluateModel(model, job.data, progress);
      report.say({ type: 'evaluated', step: null, result, best: false });
    }
  }
  send({ type: 'done' });
  await leave(0);
}

function fail(error: unknown): void {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  // A Problem's stack tells the user nothing; any other error's tells us where.
  const place = error instanceof Problem ? { where: error.where, next: error.next } : { stack };
  send({ type: 'failed', message, ...place });
  void leave(1);
}

/** Ends the process once what it said has been handed over. */
async function leave(code: number): Promise<void> {
  await delivered;
  process.exit(code);
}
