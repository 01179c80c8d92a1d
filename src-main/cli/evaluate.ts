import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { appFolder } from '../base/folders.ts';
import type { ClassInfo } from '../contract/dataset.ts';
import type { EvaluationSummary } from '../contract/evaluation.ts';
import type { EvaluationResult } from '../contract/job.ts';
import type { ModelCard } from '../contract/model.ts';
import { Problem } from '../contract/problem.ts';
import { classMapping } from '../datasets/classes/mapping.ts';
import { Catalogue } from '../workbench/catalogue.ts';
import { adoptFrozen, requireFittingClasses } from '../workbench/models.ts';
import { wantedEngine } from '../workbench/settings.ts';
import { runJob } from '../workbench/worker-process.ts';
import { withProject } from './client.ts';
import { Progress } from './progress.ts';
import { datasetFor, modelFor, splitOf } from './things.ts';

interface Options {
  model: string;
  data: string;
  split: string;
  project?: string;
  crf?: boolean;
  json?: boolean;
}

/** What is printed of an evaluation, without the dense CRF or with it. */
interface Figures {
  mIoU: number | null;
  pixelAccuracy: number | null;
  classes: { name: string; iou: number | null }[];
  images: number;
  msPerImage: number;
}

/** What the command prints. */
interface Printed extends Figures {
  /** The same with the dense CRF after the network, where it was asked for. */
  crf?: Figures;
  engine: string;
  /** Where the model's classes are not the data set's: how they were taken for them; the mIoU is of classes that both have. */
  mapping?: { name: string; classes: Record<string, string | null> };
}

/** `stillroom evaluate`: a model over a split. */
export function evaluateCommand(program: Command): void {
  program
    .command('evaluate')
    .description('run a model over the labelled images of a split; network and preprocessing are found by themselves')
    .requiredOption(
      '--model <file>',
      'weights: .pth, .onnx, or .safetensors of a run; with --project also a model’s name',
    )
    .requiredOption('--data <folder>', 'the data set; with --project also a data set’s name')
    .option('--split <name>', 'the split', 'val')
    .option('--project <folder>', 'keep data set, model and results in this project (default: keep nothing)')
    .option('--crf', 'evaluate once more with a dense CRF after the network, as DeepLab v1 has it')
    .option('--json', 'print {"mIoU", "pixelAccuracy", "classes", "images", "msPerImage", "engine"} as JSON')
    .action(async (options: Options) => {
      const printed = await (options.project === undefined ? alone(options) : inProject(options));
      process.stdout.write(options.json ? `${JSON.stringify(printed)}\n` : text(printed));
    });
}

/** Without a project: nothing is kept. */
async function alone(options: Options): Promise<Printed> {
  // Looked at first: reading a model may take a while.
  const images = splitOf(options.data, options.split);
  const scratch = mkdtempSync(path.join(tmpdir(), 'stillroom-evaluate-'));
  const catalogue = new Catalogue();
  try {
    let model = path.resolve(options.model);
    const found = await catalogue.look(model);
    if ('unmapped' in found) {
      const ready = path.join(scratch, path.basename(model));
      const notes = await adoptFrozen(appFolder(), model, ready, found.unmapped.message);
      process.stderr.write(`${notes.join('\n')}\n`);
      model = ready;
    }
    return await run(model, (await catalogue.model(model)).card, images, options);
  } finally {
    await catalogue.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function run(
  model: string,
  card: ModelCard,
  { data, name }: ReturnType<typeof splitOf>,
  { split, crf = false }: Options,
): Promise<Printed> {
  requireFittingClasses(card, { name, classes: data.classes });
  const progress = new Progress(`Evaluating ${path.basename(model)} on ${split}`);
  let engine = '';
  const results: EvaluationResult[] = [];
  let began = 0;
  await runJob(appFolder(), { kind: 'evaluate', model, data, crf, engine: wantedEngine() }, (message) => {
    if (message.type === 'started') engine = message.engine;
    else if (message.type === 'evaluated') results.push(message.result);
    else if (message.type === 'phase') progress.show({ phase: message.text, done: 0, total: 0 });
    else if (message.type === 'progress') {
      // The first image also pays for the start.
      began ||= performance.now();
      const { done, total } = message;
      const rate = done > 1 ? ((done - 1) * 1000) / (performance.now() - began) : null;
      progress.show({ phase: 'Evaluating', done, total, rate, secondsLeft: rate && (total - done) / rate });
    }
  }).finally(() => progress.end());
  if (results.length === 0) throw new Error('The worker ended without a result.');
  return printedOf(results, data.classes, engine, card);
}

async function inProject(options: Options): Promise<Printed> {
  const { model: modelName, data: dataName, split, project, crf = false } = options;
  return withProject(project, { create: true }, async (client) => {
    const dataset = await datasetFor(client, dataName);
    const model = await modelFor(client, modelName);
    const { job } = await client.request('evaluations.start', { model: model.id, dataset: dataset.id, split, crf });
    await client.follow((one) => one.id === job, `Evaluating ${model.card.name} on ${split}`);
    const all = await client.request('evaluations.list', { dataset: dataset.id });
    const found = (crf ? [false, true] : [false]).map((withCrf) => {
      const of = all.find(
        (one) => one.model === model.id && one.split === split && one.step === null && one.crf === withCrf,
      );
      if (!of) throw new Problem('The result is not in the project any more.');
      return of;
    });
    return printedOf(found, dataset.classes, found[0].engine, model.card);
  });
}

/** @param results without the dense CRF, and with it where it was asked for */
function printedOf(
  results: (EvaluationResult | EvaluationSummary)[],
  classes: ClassInfo[],
  engine: string,
  card: ModelCard,
): Printed {
  const [own, crf] = results.map(({ mIoU, pixelAccuracy, ious, images, msPerImage }): Figures => {
    const named = classes.map(({ name }, c) => ({ name, iou: ious[c] ?? null }));
    return { mIoU, pixelAccuracy, classes: named, images, msPerImage };
  });
  const found = classMapping(card.classes, classes);
  const of = (to: number | null) => (to === null ? null : classes[to].name);
  const names = found?.classes.map((to, i) => [card.classes[i].name, of(to)]);
  const mapping = found && names ? { mapping: { name: found.name, classes: Object.fromEntries(names) } } : {};
  return { ...own, ...(crf && { crf }), engine, ...mapping };
}

function text({ crf, engine, mapping, ...own }: Printed): string {
  const columns = crf ? [own, crf] : [own];
  const width = Math.max(14, ...own.classes.map((one) => one.name.length));
  const percent = (value: number | null) => (value === null ? '–' : (value * 100).toFixed(2)).padStart(6);
  const line = (name: string, of: (figures: Figures) => number | null) =>
    [name.padEnd(width), ...columns.map((figures) => percent(of(figures)))].join('  ');
  const times = columns.map(({ msPerImage }) => msPerImage.toFixed(1)).join(' and ');
  return [
    ...(crf ? [[''.padEnd(width), '   own', '  +CRF'].join('  ')] : []),
    ...own.classes.map(({ name }, c) => line(name, ({ classes }) => classes[c].iou)),
    '',
    line('mIoU', ({ mIoU }) => mIoU),
    line('pixel accuracy', ({ pixelAccuracy }) => pixelAccuracy),
    `${own.images} images, ${times} ms per image on ${engine}`,
    ...(mapping ? [`classes: ${mapping.name}; the mIoU is of those that both have`] : []),
    '',
  ].join('\n');
}
