import type { Command } from 'commander';
import { Problem } from '../contract/problem.ts';
import { endedTrials, type Search, type SweepSummary, search as searches } from '../contract/sweep.ts';
import { boundRecipe, collect, RECIPE_HELP, type RecipeOptions, recipeOptions } from './bound-recipe.ts';
import { type Client, PROJECT_HELP, withProject } from './client.ts';
import { OVER_HELP, parseOver } from './over.ts';

interface Options extends RecipeOptions {
  over: string[];
  search?: Search;
  runs?: number;
  seed?: number;
  project?: string;
  resume?: number;
  json?: boolean;
}

/** `stillroom sweep`: runs of one recipe that differ in a few fields. */
export function sweepCommand(program: Command): void {
  const command = program
    .command('sweep')
    .description('try values of a recipe’s fields, each in a run; interrupted, it stops with a checkpoint')
    .argument('[recipe]', `${RECIPE_HELP}; not with --resume`);
  recipeOptions(command)
    .option('--over <field=space>', OVER_HELP, collect, [])
    .option(
      '--search <way>',
      'grid, random (default) or bayes (Optuna, which is fetched once and needs Python 3.10 with pip)',
    )
    .option('--runs <n>', 'how many runs; not of a grid, which has as many as it has points', wholeNumber)
    .option('--seed <n>', 'what is drawn at random follows from it (default: 0)', wholeNumber)
    .option('--resume <sweep>', 'go on with a sweep of the project, by its number', wholeNumber)
    .option('--project <folder>', PROJECT_HELP)
    .option('--json', 'print {"sweep", "name", "status", "search", "fields", "split", "trials", "best", …} as JSON')
    .action(async (file: string | undefined, options: Options, command: Command) => {
      const { over, search, resume, runs, seed } = options;
      const { data, target, teacher, from, set } = options;
      const mixed = [file, data, target, teacher[0], from, set[0], over[0], search, runs, seed];
      if (resume !== undefined && mixed.some((one) => one !== undefined))
        command.error('error: --resume takes the sweep as it was recorded: nothing but --project and --json');
      if (resume === undefined && file === undefined) command.error("error: missing argument 'recipe'");
      if (resume === undefined && over.length === 0) command.error('error: --over says what the sweep goes over');
      if (search !== undefined && !searches.safeParse(search).success)
        command.error('error: --search is grid, random or bayes');
      await withProject(options.project, { create: resume === undefined }, async (client) => {
        const sweep = resume ?? (await start(client, file!, options));
        if (resume !== undefined) await goOn(client, resume);
        const summary = await end(client, sweep);
        process.stdout.write(options.json ? `${JSON.stringify(summary)}\n` : text(summary));
      });
    });
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new Problem(`“${text}” is no whole number.`, { next: 'Give one, for example 12.' });
}

async function start(client: Client, named: string, options: Options): Promise<number> {
  const fields = options.over.map(parseOver);
  const { memory: _, ...base } = await boundRecipe(client, named, options);
  const { search = 'random', runs = null, seed = 0 } = options;
  return (await client.request('sweeps.start', { base, fields, search, runs, seed })).sweep;
}

async function goOn(client: Client, sweep: number): Promise<void> {
  const { status } = await find(client, sweep);
  if (status === 'stopped' || status === 'failed') await client.request('sweeps.resume', { sweep });
}

async function find(client: Client, sweep: number): Promise<SweepSummary> {
  const found = (await client.request('sweeps.list', {})).find((one) => one.sweep === sweep);
  if (found) return found;
  throw new Problem(`There is no sweep ${sweep} in this project.`, { next: 'Check --project and the number.' });
}

/** Waits for the sweep's end. @throws Problem where it did not get to its last run */
async function end(client: Client, sweep: number): Promise<SweepSummary> {
  const before = await find(client, sweep);
  if (before.status === 'running') await client.follow((job) => job.sweep === sweep, before.name);
  const after = await find(client, sweep);
  if (after.status === 'finished') return after;
  const what = after.status === 'failed' ? 'failed' : 'was stopped';
  const why = after.status === 'failed' && after.message ? ` ${after.message}` : '';
  throw new Problem(`The sweep ${sweep} ${what} after ${endedTrials(after)} of ${after.runs} runs.${why}`, {
    next: `Go on with it by --resume ${sweep}.`,
  });
}

/** The trials, best first, each in a line; then those that failed. */
function text({ sweep, fields, trials, split }: SweepSummary): string {
  const names = fields.map(({ field }) => field);
  const sorted = [...trials].sort((a, b) => (b.mIoU ?? -1) - (a.mIoU ?? -1));
  const lines = sorted.map(({ mIoU, values, run, message }) => {
    const what = names.map((name, i) => `${name} ${JSON.stringify(values[i])}`).join(', ');
    return `${mIoU === null ? 'failed' : (mIoU * 100).toFixed(2)}  ${what}  ${run ?? ''}${message ? `: ${message}` : ''}`;
  });
  return `sweep ${sweep}: mIoU on ${split}, the best first\n${lines.join('\n')}\n`;
}
