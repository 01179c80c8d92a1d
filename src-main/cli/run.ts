import type { Command } from 'commander';
import { type MemoryNeed, memoryText } from '../contract/memory.ts';
import { Problem } from '../contract/problem.ts';
import { type ModelSpeed, speedText } from '../contract/speed.ts';
import type { RunDetail } from '../contract/window.ts';
import { boundRecipe, RECIPE_HELP, type RecipeOptions, readRecipe, recipeOptions } from './bound-recipe.ts';
import { type Client, PROJECT_HELP, withProject } from './client.ts';

interface Options extends RecipeOptions {
  project?: string;
  resume?: string;
  chain?: boolean;
  json?: boolean;
}

/** `stillroom run`: a recipe, done or gone on with. */
export function runCommand(program: Command): void {
  const command = program
    .command('run')
    .description('train by a recipe; interrupted, it stops with a checkpoint')
    .argument('[recipe...]', `${RECIPE_HELP}; not with --resume; several with --chain`);
  recipeOptions(command)
    .option('--resume <run>', 'go on with a run of the project from its newest checkpoint')
    .option('--chain', 'do several recipes one after another, each taught by the model of the one before it')
    .option('--project <folder>', PROJECT_HELP)
    .option(
      '--json',
      'print {"run", "folder", "steps", "resumedFrom", "metrics", "weightsSha256", "speed"} as JSON, a line for each run',
    )
    .action(async (files: string[], options: Options, command: Command) => {
      const mixed =
        options.resume !== undefined &&
        (files[0] ?? options.data ?? options.target ?? options.teacher[0] ?? options.from ?? options.set[0]);
      if (mixed)
        command.error(
          'error: --resume takes the run as it was recorded: no recipe, --data, --target, --teacher, --from or --set',
        );
      if (files.length === 0 && options.resume === undefined) command.error("error: missing argument 'recipe'");
      if (files.length > 1 && !options.chain)
        command.error('error: several recipes are run one after another by --chain');
      const create = options.resume === undefined;
      await withProject(options.project, { create }, async (client) => {
        const done = async (run: string) => {
          await end(client, run);
          const [printed, beside] = await result(client, run);
          process.stdout.write(options.json ? `${JSON.stringify(printed)}\n` : text(printed, beside));
        };
        if (options.resume !== undefined) {
          await resume(client, options.resume);
          return done(options.resume);
        }
        // A fault in the last recipe is not to be found after hours of the others.
        for (const file of files) await readRecipe(client, file, options);
        let before: string | null = null;
        for (const file of files) {
          const run = await start(client, file, options, before);
          await done(run);
          before = run;
        }
      });
    });
}

/** @param before the run before it in a chain: its model is the first teacher, and `--teacher` was for the first recipe */
async function start(client: Client, named: string, options: Options, before: string | null): Promise<string> {
  const own = before === null ? options : { ...options, teacher: [] };
  const { memory, ...bound } = await boundRecipe(client, named, own, before ?? undefined);
  if (memory) process.stderr.write(`${needText(memory)}\n`);
  return (await client.request('runs.start', bound)).run;
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
  /** Of the student on this machine; null where it could not be measured. */
  speed: ModelSpeed | null;
}

/** What is printed as text and not as JSON; `on`: what it was evaluated on, where it has two data sets. */
type Beside = Pick<RunDetail, 'memoryEstimate' | 'memoryPeak'> & { on: string | null };

async function result(client: Client, run: string): Promise<[Printed, Beside]> {
  const detail = await client.request('runs.get', { run });
  const { dataset, target, datasetName, targetName } = detail;
  const evaluations = await client.request('evaluations.list', {});
  const ends = evaluations.filter((one) => one.run === run && one.step === null);
  const own = ends.find((one) => one.dataset === target) ?? ends.find((one) => one.dataset === dataset);
  const where = own?.dataset === target ? targetName : datasetName;
  const models = await client.request('models.list', {});
  const speed = models.find(({ id }) => id === detail.model)?.speed ?? null;
  const { folder, step: steps, resumedFrom, weightsSha256, loss, mIoU, bestMIoU } = detail;
  const metrics = { loss, mIoU, bestMIoU, pixelAccuracy: own?.pixelAccuracy ?? null };
  const { memoryEstimate, memoryPeak } = detail;
  return [
    { run, folder, steps, resumedFrom, metrics, weightsSha256, speed },
    { memoryEstimate, memoryPeak, on: target !== null && own ? `${own.split} of ${where}` : null },
  ];
}

function text({ run, folder, steps, resumedFrom, metrics, weightsSha256, speed }: Printed, beside: Beside): string {
  const from = resumedFrom > 0 ? ` (resumed after step ${resumedFrom})` : '';
  const { memoryEstimate: told, memoryPeak: peak, on } = beside;
  const where = on === null ? '' : ` on ${on}`;
  const iou = metrics.mIoU === null ? '' : `, mIoU ${(metrics.mIoU * 100).toFixed(2)}${where}`;
  const loss = metrics.loss === null ? '–' : metrics.loss.toFixed(4);
  const estimated = told === null ? '' : `, estimated ${memoryText(told)}`;
  const used = peak === null ? '' : `memory ${memoryText(peak)} at the peak${estimated}\n`;
  const fast = speed === null ? '' : `${speedText(speed)}\n`;
  return `${run}: ${steps} steps${from}, loss ${loss}${iou}\n${used}${fast}${folder}\nweights ${weightsSha256}\n`;
}
