/**
 * `npm run study -- [--quick] [--only TABLE,…] [--entries ID,…] [--seeds N,…] [--minutes N] [--report]`: sets the weights,
 * measures the steps, does the runs of the tables that are not done yet, and writes docs/results.md. It may be stopped at any
 * time and goes on where it was.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { writeAtomic } from '../../src-main/base/files.ts';
import { appFolder, cacheFolder } from '../../src-main/base/folders.ts';
import { type Client, withProject } from '../../src-main/cli/client.ts';
import { describe, Problem } from '../../src-main/contract/problem.ts';
import { Catalogue } from '../../src-main/workbench/catalogue.ts';
import { currentRuns, stepsOf } from './plan.ts';
import { bestWeights, Records } from './records.ts';
import { reportText } from './report.ts';
import { bind, doRun, evaluateTeacher } from './runs.ts';
import { QUICK, stepTime, THOROUGH } from './step-times.ts';
import { SUMS } from './sums.ts';
import { recipeOf, TABLES, type Table } from './tables.ts';
import { heldBack, setWeights, trySums } from './weights.ts';

const SHARED = path.resolve(appFolder(), '..', 'shared', 'data');
/** Enough to see that everything works, and nothing else. */
const QUICK_STEPS = 8;
/** As many entries have their weights set, and as many sums are tried. */
const QUICK_TRIALS = 2;

/** A sum is told from its parts by less than one seed is worth. */
const SUM_SEEDS = [0, 1];

interface Options {
  quick: boolean;
  only?: string;
  entries?: string;
  seeds?: string;
  minutes?: string;
  report: boolean;
  data: string;
  teacher: string;
  project: string;
}

const command = new Command('study')
  .description('Trains students with every method on CamVid and writes docs/results.md; goes on where it stopped.')
  .option(
    '--quick',
    'a few steps of each, with the first seed, into a folder that is removed: to see that it works',
    false,
  )
  .option(
    '--only <tables>',
    `only these, separated by commas: weights, sums, times, ${TABLES.map(({ id }) => id).join(', ')}`,
  )
  .option('--entries <ids>', 'only these entries of the tables and sums, separated by commas: alone, dsd, best, …')
  .option(
    '--seeds <numbers>',
    'only these seeds of tables and sums, separated by commas: two studies may run side by side',
  )
  .option('--minutes <n>', 'begin nothing new after so many minutes')
  .option('--report', 'only write docs/results.md out of the records', false)
  .option('--data <folder>', 'CamVid', path.join(SHARED, 'camvid'))
  .option('--teacher <file>', 'the teacher’s weights', path.join(SHARED, 'espnet', 'espnet_p_2_q_8_camvid.pth'))
  .option('--project <folder>', 'the project that the runs are kept in', path.join(cacheFolder(), 'study'));

async function main(options: Options): Promise<void> {
  const kept = path.join(appFolder(), 'docs', 'results');
  if (options.report) return report(TABLES, new Records(kept), path.join(appFolder(), 'docs', 'results.md'));
  for (const place of [options.data, options.teacher]) {
    if (!existsSync(place)) throw new Problem(`${place} is not there.`, { next: 'Name it by --data or --teacher.' });
  }
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'stillroom-study-'));
  const quick = options.quick;
  const records = new Records(quick ? path.join(scratch, 'results') : kept);
  const began = performance.now();
  const limit = options.minutes === undefined ? Number.POSITIVE_INFINITY : Number(options.minutes) * 60_000;
  const goOn = () => performance.now() - began < limit;
  const wanted = (name: string) => named(options.only, name);
  const all = TABLES.map((table) => (quick ? quickly(table) : table));
  const tables = all.filter(({ id }) => wanted(id));
  const project = quick ? path.join(scratch, 'project') : options.project;
  const wantedSeed = (seed: number) => named(options.seeds, String(seed));
  const trying = () => ({
    data: heldBack(options.data, path.join(path.dirname(project), 'camvid-held-back')),
    teacher: options.teacher,
    records,
    goOn,
  });
  try {
    await withProject(project, { create: true }, async (client) => {
      const some = <T>(list: readonly T[]) => list.slice(0, quick ? QUICK_TRIALS : list.length);
      if (wanted('weights')) {
        const [first, ...longer] = all.map((table) => ({ ...table, entries: some(table.entries) }));
        const set = [{ ...first, entries: [...first.entries, ...some(SUMS)] }, ...longer];
        await setWeights(client, set, Math.ceil(all[0].steps / 2), trying());
      }
      if (wanted('sums')) {
        const sums = some(SUMS.filter(({ id }) => named(options.entries, id)));
        await trySums(client, all[0], sums, (quick ? [0] : SUM_SEEDS).filter(wantedSeed), trying());
      }
      if (wanted('times')) await measureSteps(tables.length > 0 ? tables : all, records, options, scratch, goOn);
      for (const table of tables) await doTable(client, table, records, options, wantedSeed, goOn);
    });
    report(all, records, quick ? path.join(scratch, 'results.md') : path.join(appFolder(), 'docs', 'results.md'));
    if (quick) process.stdout.write(readFileSync(path.join(scratch, 'results.md'), 'utf8'));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Whether a list of names has this one; one that is not given has all. */
function named(list: string | undefined, name: string): boolean {
  return list === undefined || list.split(',').includes(name);
}

function quickly(table: Table): Table {
  return { ...table, steps: QUICK_STEPS, seeds: 1 };
}

/** Seed after seed, so that each seed's pairs are whole early. */
async function doTable(
  client: Client,
  table: Table,
  records: Records,
  { data, teacher, entries }: Options,
  wantedSeed: (seed: number) => boolean,
  goOn: () => boolean,
): Promise<void> {
  const bound = await bind(client, data, teacher, table.start);
  if (!records.teacher()) records.keepTeacher(await evaluateTeacher(bound));
  for (let seed = 0; seed < table.seeds; seed++) {
    if (!wantedSeed(seed)) continue;
    for (const entry of table.entries.filter(({ id }) => named(entries, id))) {
      const steps = stepsOf(table, entry, records.stepTimes());
      if (steps === null) {
        process.stderr.write(`${table.id}: ${entry.title} waits for the step times (--only times).\n`);
        continue;
      }
      const recipe = recipeOf(table, entry, { seed, steps, weights: bestWeights(records.trials()) });
      if (records.run(table.id, entry.id, recipe)) continue;
      if (!goOn()) return;
      const record = await doRun(bound, recipe, { table: table.id, entry: entry.id });
      records.keepRun(record);
      process.stderr.write(`${recipe.name}: mIoU ${(100 * record.mIoU).toFixed(2)}, ${Math.round(record.seconds)} s\n`);
    }
  }
}

async function measureSteps(
  tables: readonly Table[],
  records: Records,
  { data, teacher, quick }: Options,
  scratch: string,
  goOn: () => boolean,
): Promise<void> {
  const weights = bestWeights(records.trials());
  for (const table of tables) {
    for (const entry of table.entries.filter(({ terms }) => terms.length > 0)) {
      const known = records.stepTimes();
      if (known.some((one) => one.table === table.id && one.entry === entry.id)) continue;
      if (!goOn()) return;
      const start = table.start === null ? null : await knownFile(table.start, scratch);
      const time = await stepTime(table, entry, weights, { data, teacher, start, scratch }, quick ? QUICK : THOROUGH);
      records.keepStepTimes([...known, time]);
      process.stderr.write(`${table.id}, ${entry.title}: ${time.ratio.toFixed(3)} of a step alone\n`);
    }
  }
}

async function knownFile(id: string, scratch: string): Promise<string> {
  const file = path.join(scratch, `${id}.safetensors`);
  const catalogue = new Catalogue();
  if (!existsSync(file)) await catalogue.known(id, file).finally(() => catalogue.close());
  return file;
}

function report(tables: readonly Table[], records: Records, file: string): void {
  const weights = bestWeights(records.trials());
  const times = records.stepTimes();
  const runs = tables.flatMap((table) => currentRuns(table, records.runs(table.id), times, weights));
  mkdirSync(path.dirname(file), { recursive: true });
  writeAtomic(file, reportText({ tables, runs, times, trials: records.trials(), teacher: records.teacher() }));
  process.stderr.write(`${file} is written.\n`);
}

command.action(main);
try {
  await command.parseAsync(process.argv, { from: 'node' });
} catch (error) {
  process.stderr.write(`${describe(error)}\n`);
  process.exitCode = 1;
}
