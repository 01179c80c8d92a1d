import { spawn } from 'node:child_process';
import path from 'node:path';
import type { Command } from 'commander';
import { writeAtomic } from '../base/files.ts';
import { appFolder } from '../base/folders.ts';
import type { DatasetSummary, FoundDataset, ItemSummary } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import { type Recipe, recipe as schema } from '../contract/recipe.ts';
import { readItem } from '../datasets/read-item.ts';
import { openDataset } from '../datasets/registry.ts';
import { makeSample } from '../datasets/sample.ts';
import { InspectWorker } from '../workbench/inspect-worker.ts';
import { readJson } from '../workbench/recipes.ts';
import { sampleFolder, sampleProject, sampleTeacher } from '../workbench/samples.ts';
import { wantedEngine } from '../workbench/settings.ts';
import { type Client, withProject } from './client.ts';
import { comparisonPage, type PageItem } from './demo-page.ts';
import { type Contender, ONE_RUN, tableText } from './demo-table.ts';
import { Progress } from './progress.ts';
import { importDataset, modelFor } from './things.ts';

/** Images on the page, spread evenly from the worst on. */
const SHOWN = 8;

interface Options {
  project?: string;
  again?: boolean;
  window: boolean;
  json?: boolean;
}

/** A contender and the file of its weights. */
interface Entrant extends Contender {
  weights: string;
}

/** `stillroom demo`: the main job on the sample. */
export function demoCommand(program: Command): void {
  program
    .command('demo')
    .description('do the main job on a built-in sample: train a student alone and distilled, and compare them')
    .option('--project <folder>', `the project's folder (default: ${sampleProject()})`)
    .option('--again', 'train again, also where the runs of an earlier demo are there')
    .option('--no-window', 'write the comparison as an HTML page instead of opening the window')
    .option('--json', 'print {"project", "models", "page"} as JSON; opens no window')
    .action(async (options: Options) => {
      const folder = path.resolve(options.project ?? sampleProject());
      const windowed = options.window && !options.json && hasDisplay();
      const page = path.join(folder, 'comparison.html');
      const { dataset, entrants } = await withProject(folder, { create: true }, async (client) => {
        const done = await mainJob(client, options.again ?? false);
        if (!windowed) await writePage(client, page, done.dataset, done.entrants);
        return done;
      });
      if (options.json) process.stdout.write(`${JSON.stringify(asJson(folder, page, dataset, entrants))}\n`);
      else process.stdout.write(`\n${tableText(entrants, dataset.classes)}\n${ONE_RUN}\n`);
      if (windowed) {
        const [teacher, alone, distilled] = entrants.map(({ evaluation }) => evaluation.model);
        await openWindow(folder, `compare?models=${teacher},${distilled},${alone}`);
      } else if (!options.json) {
        if (options.window) process.stdout.write('There is no display here, so the comparison is written as a page:\n');
        process.stdout.write(`${page}\n`);
      }
    });
}

/** Sample, teacher, both runs, three evaluations. */
async function mainJob(client: Client, again: boolean): Promise<{ dataset: DatasetSummary; entrants: Entrant[] }> {
  const root = appFolder();
  const weights = sampleTeacher(root);
  const progress = new Progress('Making the sample');
  const onProgress = (done: number, total: number) => progress.show({ phase: 'Drawing streets', done, total });
  await makeSample(sampleFolder(), { onProgress }).finally(() => progress.end());
  const dataset = await importDataset(client, sampleFolder());
  const teacher = await modelFor(client, weights);
  const alone = await trained(client, recipeOf(root, 'sample-alone'), dataset.id, null, again);
  const distilled = await trained(client, recipeOf(root, 'sample-dsd'), dataset.id, teacher.id, again);
  const contenders = [
    { title: 'teacher', model: teacher.id, weights },
    { title: 'student alone', ...alone },
    { title: 'student distilled', ...distilled },
  ];
  const entrants: Entrant[] = [];
  for (const { title, model, weights: file } of contenders) {
    const { job } = await client.request('evaluations.start', { model, dataset: dataset.id, split: 'val' });
    await client.follow((one) => one.id === job, `Evaluating the ${title}`);
    const evaluations = await client.request('evaluations.list', { dataset: dataset.id });
    const evaluation = evaluations.find((one) => one.model === model && one.split === 'val' && one.step === null);
    if (!evaluation) throw new Error(`The evaluation of the ${title} left no result.`);
    entrants.push({ title, evaluation, weights: file });
  }
  return { dataset, entrants };
}

function recipeOf(root: string, name: string): Recipe {
  return schema.parse(readJson(path.join(root, 'resources', 'recipes', `${name}.json`)));
}

/** Trains by a recipe, or takes the run of it that an earlier demo left, finished or not. */
async function trained(
  client: Client,
  recipe: Recipe,
  dataset: number,
  teacher: number | null,
  again: boolean,
): Promise<{ model: number; weights: string }> {
  let run = again ? undefined : await earlierRun(client, recipe, dataset);
  const before = run === undefined ? null : await client.request('runs.get', { run });
  if (!run) ({ run } = await client.request('runs.start', { recipe, dataset, teacher }));
  else if (before && ['stopped', 'failed', 'broken', 'paused'].includes(before.status)) {
    await client.request('runs.resume', { run });
  }
  if (before?.status !== 'finished') await client.follow((job) => job.run === run, recipe.name);
  const { status, model, folder } = await client.request('runs.get', { run });
  if (status !== 'finished' || model === null) throw stopped(run);
  return { model, weights: path.join(folder, 'model.safetensors') };
}

async function earlierRun(client: Client, recipe: Recipe, dataset: number): Promise<string | undefined> {
  for (const { run, dataset: of } of await client.request('runs.list', {})) {
    if (of !== dataset) continue;
    const detail = await client.request('runs.get', { run });
    if (JSON.stringify(schema.parse(detail.recipe)) === JSON.stringify(recipe)) return run;
  }
  return undefined;
}

function stopped(run: string): Problem {
  return new Problem(`The demo was stopped during the run ${run}.`, { next: 'Start it again: it goes on from there.' });
}

/** Writes the comparison for those who have no display. */
async function writePage(client: Client, page: string, dataset: DatasetSummary, entrants: Entrant[]): Promise<void> {
  const { evaluation } = entrants.at(-1)!;
  const sort = { by: 'score' as const, evaluation: evaluation.id };
  const { items } = await client.request('items.query', { dataset: dataset.id, splits: ['val'], sort, limit: 1000 });
  const chosen = Array.from(
    { length: Math.min(SHOWN, items.length) },
    (_, i) => items[Math.round((i * (items.length - 1)) / Math.max(1, SHOWN - 1))],
  );
  const worker = new InspectWorker(appFolder(), { kind: 'inspect', engine: wantedEngine() });
  const progress = new Progress('Writing the page');
  const found = openDataset(dataset.root);
  const shown: PageItem[] = [];
  try {
    for (const item of chosen) {
      progress.show({ phase: 'Predicting', done: shown.length, total: chosen.length });
      shown.push(await pageItem(client, worker, found, entrants, item));
    }
  } finally {
    progress.end();
    await worker.close();
  }
  writeAtomic(page, comparisonPage(entrants, dataset.classes, shown));
}

async function pageItem(
  client: Client,
  worker: InspectWorker,
  { root, table }: FoundDataset,
  entrants: Entrant[],
  { id, key }: ItemSummary,
): Promise<PageItem> {
  const detail = await client.request('items.get', { item: id });
  const results = await client.request('evaluations.ofItem', { item: id });
  const { image, labels } = readItem(root, detail, table);
  const predictions: PageItem['predictions'] = [];
  for (const { weights, evaluation } of entrants) {
    const file = path.join(root, detail.image);
    const { classes } = await worker.ask({ kind: 'predict', model: weights, image: file });
    const mIoU = results.find((one) => one.evaluation === evaluation.id)?.mIoU ?? null;
    predictions.push({ classes: classes.subarray(0, image.width * image.height), mIoU });
  }
  return { key, image, labels: labels!, predictions };
}

function asJson(project: string, page: string, { classes }: DatasetSummary, entrants: Entrant[]) {
  const models = entrants.map(({ title, evaluation }) => {
    const { mIoU, pixelAccuracy, ious, parameters, macs, msPerImage, engine, images } = evaluation;
    const named = classes.map(({ name }, c) => ({ name, iou: ious[c] }));
    return { title, mIoU, pixelAccuracy, classes: named, parameters, macs, msPerImage, images, engine };
  });
  return { project, models, page };
}

function hasDisplay(): boolean {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** Opens the window on a view (as its address names it) and stays until it is closed. */
function openWindow(project: string, view: string): Promise<void> {
  const root = appFolder();
  const env = { ...process.env };
  delete env.ELECTRON_RUN_AS_NODE;
  const packaged = root.endsWith('.asar') ? [] : [root];
  // Chromium refuses to sandbox for root.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const child = spawn(process.execPath, [...packaged, project, '--view', view, ...asRoot], {
    env,
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve());
  });
}
