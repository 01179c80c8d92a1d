/**
 * `npm run bench -- [GROUP] [--json] [--only NAME,…] [--pairs N] [--quick] [--profile NAME]`.
 * The table, or with --json the rows alone, goes to stdout; how it goes, to stderr.
 */
import { Command, InvalidArgumentError } from 'commander';
import { describe } from '../../src-main/contract/problem.ts';
import { Bench, type Settings } from './bench.ts';
import { disturbers, loadText, Watch } from './idle.ts';
import { labelRows } from './labels/rows.ts';
import { type Profile, profileText } from './profile.ts';
import { amount, chosen, type Measured, missing, type RowSpec, rowOf, tableText } from './row.ts';
import { Side } from './side.ts';
import { methodRows } from './train/distil.ts';
import { trainRows } from './train/rows.ts';
import { uiRows } from './ui/rows.ts';

const GROUPS: Record<string, () => RowSpec[]> = {
  train: trainRows,
  methods: methodRows,
  labels: labelRows,
  ui: uiRows,
};

const NORMAL: Settings = { pairs: 5, turn: 1.5 };
const QUICK: Settings = { pairs: 3, turn: 0.5 };
const PROFILED_STEPS = 5;

interface Options {
  json: boolean;
  only: string[];
  pairs?: number;
  quick: boolean;
  profile?: string;
}

const command = new Command('bench')
  .description('Measures us against others, on this machine, in turn.')
  .argument('[group]', `which rows: ${Object.keys(GROUPS).join(', ')}; all unless given`)
  .option('--json', 'print the rows as JSON alone', false)
  .option('--only <names>', 'only these rows, separated by commas; * stands for anything', names, [])
  .option('--pairs <n>', 'how many times each side is measured', whole)
  .option('--quick', 'fewer and shorter measurements', false)
  .option('--profile <name>', 'print what the kernels of this row’s own side take, instead of measuring it');

function names(text: string): string[] {
  return text.split(',').filter(Boolean);
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It has to be a whole number from 1 on.');
  return value;
}

async function main(group: string | undefined, options: Options): Promise<void> {
  const groups = group === undefined ? Object.keys(GROUPS) : [group];
  const unknown = groups.find((name) => !Object.hasOwn(GROUPS, name));
  if (unknown) throw new Error(`There is no group “${unknown}”. There are ${Object.keys(GROUPS).join(', ')}.`);
  const specs = groups.flatMap((name) => GROUPS[name]());
  const settings = { ...(options.quick ? QUICK : NORMAL), ...(options.pairs ? { pairs: options.pairs } : {}) };
  const bench = new Bench(settings);
  process.stderr.write(`Load average ${loadText()}\n`);
  try {
    if (options.profile !== undefined) return await profile(bench, chosen(specs, [options.profile])[0]);
    const results: { spec: RowSpec; measured: Measured }[] = [];
    for (const spec of chosen(specs, options.only)) results.push({ spec, measured: await measure(bench, spec) });
    const rows = results.map(({ spec, measured }) => rowOf(spec, measured));
    if (options.json) process.stdout.write(`${JSON.stringify({ rows })}\n`);
    else {
      process.stdout.write(tableText(results.map(({ measured }, i) => ({ row: rows[i], unit: measured.unit }))));
      process.stdout.write('spread: half the interquartile range of the ratios of the single pairs\n');
      for (const { spec, measured } of results) {
        for (const note of measured.notes ?? []) process.stdout.write(`${spec.name}: ${note}\n`);
      }
    }
  } finally {
    await bench.close();
  }
}

/** A row that fails says so, and the others go on. */
async function measure(bench: Bench, spec: RowSpec): Promise<Measured> {
  process.stderr.write(`${spec.name} …\n`);
  const others = spec.livesOn ? [] : await disturbers();
  for (const other of others) bench.say(`Not idle: ${other} is computing.`);
  const began = performance.now();
  const watch = new Watch();
  let measured: Measured;
  try {
    measured = await spec.measure(bench);
  } catch (error) {
    measured = missing('seconds', describe(error));
  }
  const disturbed = spec.livesOn ? undefined : watch.sentence();
  if (disturbed) {
    bench.say(disturbed);
    measured.notes = [...(measured.notes ?? []), disturbed];
  }
  const { ours, ratio, peerName, unit } = measured;
  const against = ratio === null ? peerName : `ratio ${ratio.toFixed(3)} to ${peerName}`;
  bench.say(`${amount(ours, unit)}, ${against} (took ${Math.round((performance.now() - began) / 1000)} s)`);
  return measured;
}

async function profile(bench: Bench, spec: RowSpec): Promise<void> {
  if (!spec.profile) throw new Error(`${spec.name} has nothing to profile.`);
  const side = Side.ours('./train/ours.ts', bench.threads);
  try {
    const { request, variant } = spec.profile(bench);
    await side.open({ ...request });
    await side.run(variant, 2);
    const found = await side.ask<Profile>({ do: 'profile', variant, steps: PROFILED_STEPS });
    process.stdout.write(profileText(spec.name, found));
  } finally {
    await side.close();
  }
}

command.action(main);
try {
  // Said, for under Electron it is guessed wrong.
  await command.parseAsync(process.argv, { from: 'node' });
} catch (error) {
  process.stderr.write(`${describe(error)}\n`);
  process.exitCode = 1;
}
