import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { readBytes } from '../base/files.ts';
import { appFolder } from '../base/folders.ts';
import type { JobData } from '../contract/job.ts';
import { type MemoryEstimate, memoryText } from '../contract/memory.ts';
import type { ModelCard } from '../contract/model.ts';
import { Problem } from '../contract/problem.ts';
import type { Recipe } from '../contract/recipe.ts';
import { imageSize } from '../datasets/codec.ts';
import { fileInDataset } from '../datasets/layout.ts';
import { requireRecipe } from '../training/check-recipe.ts';
import { loaderLimits } from '../training/loader.ts';
import { estimateMemory, type MemoryFacts, memoryWays } from '../training/memory-estimate.ts';
import { Catalogue } from '../workbench/catalogue.ts';
import { readJson, recipeFile } from '../workbench/recipes.ts';
import { wantedEngine } from '../workbench/settings.ts';
import { runJob } from '../workbench/worker-process.ts';
import { collect } from './bound-recipe.ts';
import { Progress } from './progress.ts';
import { applySettings } from './set.ts';
import { splitOf } from './things.ts';

interface Options {
  data: string;
  target?: string;
  teacher: string[];
  set: string[];
  measure?: boolean;
  steps: string;
  json?: boolean;
}

interface Row {
  memory: Recipe['memory'];
  estimate: MemoryEstimate;
  /** The worker's resident set at its largest; null where it was not measured. */
  measured: number | null;
}

/** `stillroom memory`: what a recipe needs, in each of the ways that it can be run, and whether that is true. */
export function memoryCommand(program: Command): void {
  program
    .command('memory')
    .description('tell how much memory a recipe needs, and what it would need with other values of its memory group')
    .argument('<recipe>', 'the recipe: a JSON file, or the name of one that comes with Stillroom (camvid-dsd)')
    .requiredOption('--data <folder>', 'the data set')
    .option('--target <folder>', 'the data set to adapt to, where the recipe has a target')
    .option(
      '--teacher <file>',
      'the teacher’s weights, where a method needs one; once more for each further teacher',
      collect,
      [],
    )
    .option('--set <field=value>', 'set a field of the recipe; may be repeated', collect, [])
    .option('--measure', 'train a few steps each way in a process of its own and print its peak beside the estimate')
    .option('--steps <n>', 'how many steps', '4')
    .option('--json', 'print [{"memory", "estimate": {"bytes", "engine", "step", "loader"}, "measured"}] as JSON')
    .action(async (named: string, options: Options) => {
      const teachers = options.teacher.map((file) => path.resolve(file));
      const changed = applySettings(readJson(recipeFile(appFolder(), named)), options.set);
      const { split } = (changed as { data?: { split?: string } }).data ?? {};
      const { data } = splitOf(options.data, split ?? 'train');
      const target = options.target === undefined ? null : targetOf(changed, options.target);
      const catalogue = new Catalogue();
      const cards: ModelCard[] = [];
      for (const teacher of teachers) cards.push((await catalogue.model(teacher)).card);
      await catalogue.close();
      const [card = null, ...others] = cards;
      const recipe = requireRecipe(changed, { data: null, teacher: card, others });
      const steps = options.measure ? Number(options.steps) : recipe.schedule.steps;
      if (recipe.target && !target) {
        throw new Problem('The recipe has a target.', { where: 'target', next: 'Name its data set with --target.' });
      }
      const second = recipe.target && target ? target : null;
      const facts = { ...factsOf(data, second, card, wantedEngine()), others };
      const rows: Row[] = [];
      for (const memory of memoryWays(recipe)) {
        const one = { ...recipe, memory, schedule: { ...recipe.schedule, steps, warmup: 0 } };
        const measured = options.measure ? await measure(one, data, second, teachers) : null;
        rows.push({ memory, estimate: estimateMemory(one, facts), measured });
      }
      process.stdout.write(options.json ? `${JSON.stringify(rows)}\n` : text(rows));
    });
}

/** All images of the recipe's split to adapt to, straight from the folder. */
function targetOf(changed: unknown, folder: string): JobData {
  const { split } = (changed as { target?: { split?: string } }).target ?? {};
  return splitOf(folder, split ?? 'train', { unlabelled: true }).data;
}

function factsOf(data: JobData, target: JobData | null, teacher: MemoryFacts['teacher'], engine: string): MemoryFacts {
  const sizes = ({ root, items }: JobData) => {
    const file = fileInDataset(root, items[0].image);
    const { width, height } = imageSize(readBytes(file), file);
    return { count: items.length, pixels: items.length * width * height };
  };
  const images = sizes(data);
  const second = target ? sizes(target) : undefined;
  return { classes: data.classes.length, images, target: second, teacher, engine, loader: loaderLimits(images.count) };
}

/** The peak of a worker that trains by a recipe, without evaluations. */
async function measure(
  recipe: Recipe,
  data: JobData,
  target: JobData | null,
  [teacher, ...files]: string[],
): Promise<number> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-memory-'));
  const progress = new Progress(`Measuring ${wayText(recipe.memory)}`);
  let peak = 0;
  try {
    const engine = wantedEngine();
    // Which teacher is the best at which class makes no difference to memory.
    const best = recipe.teacher.combine === 'best-class' ? data.classes.map((_, c) => c % (1 + files.length)) : null;
    const others = files.length > 0 ? { files, best } : undefined;
    const taught = { teacher: teacher ?? null, others };
    const job = { kind: 'train' as const, folder, recipe, data, target, evaluation: null, ...taught, engine };
    await runJob(appFolder(), job, (message) => {
      if (message.type !== 'steps') return;
      peak = Math.max(peak, message.peakMemory);
      progress.show({ phase: 'Training', done: message.metrics.at(-1)?.step ?? 0, total: recipe.schedule.steps });
    });
  } finally {
    progress.end();
    rmSync(folder, { recursive: true, force: true });
  }
  if (peak === 0) throw new Problem('The worker ended without a step.', { next: 'Give --steps at least 1.' });
  return peak;
}

function wayText({ accumulate, checkpointing }: Recipe['memory']): string {
  return `accumulate ${accumulate}${checkpointing ? ', checkpointing' : ''}`;
}

function text(rows: Row[]): string {
  const head = [
    '',
    'engine',
    'step',
    'loader',
    'estimated',
    ...(rows[0].measured === null ? [] : ['measured', 'off by']),
  ];
  const cells = rows.map(({ memory, estimate, measured }) => [
    wayText(memory),
    ...[estimate.engine, estimate.step, estimate.loader, estimate.bytes].map(memoryText),
    ...(measured === null ? [] : [memoryText(measured), `${percent(estimate.bytes / measured - 1)}`]),
  ]);
  const widths = head.map((_, c) => Math.max(...[head, ...cells].map((row) => row[c].length)));
  const lines = [head, ...cells].map((row) =>
    row
      .map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])))
      .join('   ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function percent(share: number): string {
  const value = (100 * share).toFixed(1);
  return `${share > 0 ? '+' : ''}${value} %`;
}
