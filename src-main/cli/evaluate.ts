import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { appFolder } from '../base/folders.ts';
import type { ClassInfo } from '../contract/dataset.ts';
import type { EvaluationResult } from '../contract/job.ts';
import type { ModelCard } from '../contract/model.ts';
import { Problem } from '../contract/problem.ts';
import type { EvaluationSummary } from '../contract/window.ts';
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
  json?: boolean;
}

/** What the command prints. */
interface Printed {
  mIoU: number | null;
  pixelAccuracy: number | null;
  classes: { name: string; iou: number | null }[];
  images: number;
  msPerImage: number;
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
    return await run(model, (await catalogue.model(model)).card, images, options.split);
  } finally {
    await catalogue.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function run(
  model: string,
  card: ModelCard,
  { data, name }: ReturnType<typeof splitOf>,
  split: string,
): Promise<Printed> {
  requireFittingClasses(card, { name, classes: data.classes });
  const progress = new Progress(`Evaluating ${path.basename(model)} on ${split}`);
  let engine = '';
  let result: EvaluationResult | null = null;
  let began = 0;
  await runJob(appFolder(), { kind: 'evaluate', model, data, engine: wantedEngine() }, (message) => {
    if (message.type === 'started') engine = message.engine;
    else if (message.type === 'evaluated') result = message.result;
    else if (message.type === 'phase') progress.show({ phase: message.text, done: 0, total: 0 });
    else if (message.type === 'progress') {
      // The first image also pays for the start.
      began ||= performance.now();
      const { done, total } = message;
      const rate = done > 1 ? ((done - 1) * 1000) / (performance.now() - began) : null;
      progress.show({ phase: 'Evaluating', done, total, rate, secondsLeft: rate && (total - done) / rate });
    }
  }).finally(() => progress.end());
  if (!result) throw new Error('The worker ended without a result.');
  return printedOf(result, data.classes, engine, card);
}

async function inProject({ model: modelName, data: dataName, split, project }: Options): Promise<Printed> {
  return withProject(project, { create: true }, async (client) => {
    const dataset = await datasetFor(client, dataName);
    const model = await modelFor(client, modelName);
    const { job } = await client.request('evaluations.start', { model: model.id, dataset: dataset.id, split });
    await client.follow((one) => one.id === job, `Evaluating ${model.card.name} on ${split}`);
    const found = (await client.request('evaluations.list', { dataset: dataset.id })).find(
      (one) => one.model === model.id && one.split === split && one.step === null,
    );
    if (!found) throw new Problem('The result is not in the project any more.');
    return printedOf(found, dataset.classes, found.engine, model.card);
  });
}

function printedOf(
  result: EvaluationResult | EvaluationSummary,
  classes: ClassInfo[],
  engine: string,
  card: ModelCard,
): Printed {
  const { mIoU, pixelAccuracy, ious, images, msPerImage } = result;
  const named = classes.map(({ name }, c) => ({ name, iou: ious[c] ?? null }));
  const found = classMapping(card.classes, classes);
  const of = (to: number | null) => (to === null ? null : classes[to].name);
  const names = found?.classes.map((to, i) => [card.classes[i].name, of(to)]);
  const mapping = found && names ? { mapping: { name: found.name, classes: Object.fromEntries(names) } } : {};
  return { mIoU, pixelAccuracy, classes: named, images, msPerImage, engine, ...mapping };
}

function text({ mIoU, pixelAccuracy, classes, images, msPerImage, engine, mapping }: Printed): string {
  const width = Math.max(14, ...classes.map((one) => one.name.length));
  const percent = (value: number | null) => (value === null ? '–' : (value * 100).toFixed(2)).padStart(6);
  return [
    ...classes.map(({ name, iou }) => `${name.padEnd(width)}  ${percent(iou)}`),
    '',
    `${'mIoU'.padEnd(width)}  ${percent(mIoU)}`,
    `${'pixel accuracy'.padEnd(width)}  ${percent(pixelAccuracy)}`,
    `${images} images, ${msPerImage.toFixed(1)} ms per image on ${engine}`,
    ...(mapping ? [`classes: ${mapping.name}; the mIoU is of those that both have`] : []),
    '',
  ].join('\n');
}
