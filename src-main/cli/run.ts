import path from 'node:path';
import type { Command } from 'commander';
import { appFolder } from '../base/folders.ts';
import { type MemoryNeed, memoryText } from '../contract/memory.ts';
import { Problem } from '../contract/problem.ts';
import { type Recipe, recipe as schema } from '../contract/recipe.ts';
import type { RunDetail } from '../contract/window.ts';
import { readJson, recipeFile } from '../workbench/recipes.ts';
import { type Client, PROJECT_HELP, withProject } from './client.ts';
import { applySettings } from './set.ts';
import { datasetFor, modelFor } from './things.ts';

interface Options {
  data?: string;
  teacher?: string;
  set: string[];
  project?: string;
  resume?: string;
  json?: boolean;
}

/** `stillroom run`: a recipe, done or gone on with. */
export function runCommand(program: Command): void {
  program
    .command('run')
    .description('train by a recipe; interrupted, it stops with a checkpoint')
    .argument(
      '[recipe]',
      'the recipe: a JSON file, or the name of one that comes with Stillroom (camvid-dsd); not with --resume',
    )
    .option('--data <folder>', 'the data set, or its name in the project; goes before the recipe’s data.dataset')
    .option('--teacher <file>', 'the teacher’s weights, or its name in the project; goes before teacher.model')
    .option(
      '--set <field=value>',
      'set a field of the recipe, for example schedule.steps=60; may be repeated',
      collect,
      [],
    )
    .option('--resume <run>', 'go on with a run of the project from its newest checkpoint')
    .option('--project <folder>', PROJECT_HELP)
    .option('--json', 'print {"run", "folder", "steps", "resumedFrom", "metrics", "weightsSha256"} as JSON')
    .action(async (file: string | undefined, options: Options, command: Command) => {
      const mixed = options.resume !== undefined && (file ?? options.data ?? options.teacher ?? options.set[0]);
      if (mixed)
        command.error('error: --resume takes the run as it was recorded: no recipe, --data, --teacher or --set');
      if (file === undefined && options.resume === undefined) command.error("error: missing argument 'recipe'");
      const create = options.resume === undefined;
      const [printed, memory] = await withProject(options.project, { create }, async (client) => {
        const run = options.resume ?? (await start(client, file!, options));
        if (options.resume !== undefined) await resume(client, run);
        await end(client, run);
        return result(client, run);
      });
      process.stdout.write(options.json ? `${JSON.stringify(printed)}\n` : text(printed, memory));
    });
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

/** Binds a recipe to its data set and teacher and starts it. */
async function start(client: Client, named: string, options: Options): Promise<string> {
  const file = recipeFile(appFolder(), named);
  const changed = applySettings(readJson(file), options.set);
  const parsed = schema.safeParse(changed);
  // What can be said without data set and teacher is said before they are read.
  if (!parsed.success) throw await refusal(client, changed, null, null);
  const recipe = parsed.data;
  const beside = path.dirname(file);
  const data = bound(options.data, recipe.data.dataset, beside);
  if (!data)
    throw new Problem('The recipe names no data set.', { where: 'data.dataset', next: 'Name one with --data.' });
  const dataset = (await datasetFor(client, ...data)).id;
  const wanted = bound(options.teacher, recipe.teacher.model, beside);
  const teacher = wanted ? (await modelFor(client, ...wanted)).id : null;
  const { problems, memory } = await client.request('recipes.check', { recipe, dataset, teacher });
  if (problems.length > 0) throw await refusal(client, recipe, dataset, teacher);
  if (memory) process.stderr.write(`${needText(memory)}\n`);
  return (await client.request('runs.start', { recipe, dataset, teacher })).run;
}

/** What the option or else the recipe names, and what a relative path in it starts from. */
function bound(option: string | undefined, field: string | null, beside: string): [string, string] | null {
  if (option !== undefined) return [option, process.cwd()];
  return field === null ? null : [field, beside];
}

async function refusal(
  client: Client,
  recipe: Recipe | unknown,
  dataset: number | null,
  teacher: number | null,
): Promise<Problem> {
  const { problems } = await client.request('recipes.check', { recipe, dataset, teacher });
  const words = problems.map(({ field, message }) => `${field}: ${message}`).join(' ');
  return new Problem(`The recipe cannot be run: ${words}`, {
    next: 'Change it in the recipe, or with --set, --data and --teacher.',
  });
}

/** One that has finished stays as it is; one that is going on in another Stillroom is only watched. */
async function resume(client: Client, run: string): Promise<void> {
  const { status } = await client.request('runs.get', { run });
  if (['stopped', 'failed', 'broken', 'paused'].includes(status)) await client.request('runs.resume', { run });
}

/** Waits for the run's end. @throws Problem where it did not get to its last step */
async function end(client: Client, run: string): Promise<void> {
  const before = await client.request('runs.get', { run });
  if (before.status !== 'finished') await client.follow((job) => job.run === run, run);
  const { status, step, lastCheckpoint } = await client.request('runs.get', { run });
  if (status === 'finished') return;
  throw new Problem(`The run ${run} was stopped after step ${lastCheckpoint ?? step}.`, {
    next: `Go on with it by --resume ${run}.`,
  });
}

/** For example `Needs about 1.4 GB of 16 GB of memory.` */
function needText({ bytes, available, options }: MemoryNeed): string {
  const need = `Needs about ${memoryText(bytes)} of ${memoryText(available)} of memory`;
  if (bytes <= available) return `${need}.`;
  const ways = options.map((one) => {
    const set = Object.entries(one.memory).map(([name, value]) => `--set memory.${name}=${value}`);
    return `${set.join(' ')} needs ${memoryText(one.bytes)}`;
  });
  return `${need}: too much. ${ways.length > 0 ? `${ways.join('; ')}.` : 'Take a smaller crop or network.'}`;
}

interface Printed {
  run: string;
  folder: string;
  steps: number;
  resumedFrom: number;
  metrics: { loss: number | null; mIoU: number | null; bestMIoU: number | null; pixelAccuracy: number | null };
  weightsSha256: string | null;
}

/** What is printed as text and not as JSON. */
type Memory = Pick<RunDetail, 'memoryEstimate' | 'memoryPeak'>;

async function result(client: Client, run: string): Promise<[Printed, Memory]> {
  const detail = await client.request('runs.get', { run });
  const evaluations = await client.request('evaluations.list', { dataset: detail.dataset });
  const own = evaluations.find((one) => one.run === run && one.step === null);
  const { folder, step: steps, resumedFrom, weightsSha256, loss, mIoU, bestMIoU } = detail;
  const metrics = { loss, mIoU, bestMIoU, pixelAccuracy: own?.pixelAccuracy ?? null };
  const { memoryEstimate, memoryPeak } = detail;
  return [
    { run, folder, steps, resumedFrom, metrics, weightsSha256 },
    { memoryEstimate, memoryPeak },
  ];
}

function text({ run, folder, steps, resumedFrom, metrics, weightsSha256 }: Printed, memory: Memory): string {
  const from = resumedFrom > 0 ? ` (resumed after step ${resumedFrom})` : '';
  const iou = metrics.mIoU === null ? '' : `, mIoU ${(metrics.mIoU * 100).toFixed(2)}`;
  const loss = metrics.loss === null ? '–' : metrics.loss.toFixed(4);
  const { memoryEstimate: told, memoryPeak: peak } = memory;
  const estimated = told === null ? '' : `, estimated ${memoryText(told)}`;
  const used = peak === null ? '' : `memory ${memoryText(peak)} at the peak${estimated}\n`;
  return `${run}: ${steps} steps${from}, loss ${loss}${iou}\n${used}${folder}\nweights ${weightsSha256}\n`;
}
