import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { fileProblem } from '../base/files.ts';
import type { DatasetSummary } from '../contract/dataset.ts';
import { type Reading, reading } from '../contract/preview.ts';
import { Problem } from '../contract/problem.ts';
import { LAYOUTS } from '../datasets/registry.ts';
import { PROJECT_HELP, withProject } from './client.ts';
import { importDataset } from './things.ts';

interface Options {
  project?: string;
  name?: string;
  layout?: string;
  images?: string;
  labels?: string;
  classes?: string;
  json?: boolean;
}

/** `stillroom import`: a data set's folder into a project. */
export function importCommand(program: Command): void {
  program
    .command('import')
    .description('index a data set’s folder in a project; the folder itself is never written to')
    .argument('<folder>', 'the data set; its layout is recognised')
    .option('--name <name>', 'what to call it (default: the folder’s name)')
    .option('--layout <name>', `where several fit, which: ${LAYOUTS.map(({ name }) => name).join(', ')}`)
    .option('--images <folder>', 'where none fits: the folder of images in it')
    .option('--labels <folder>', '… the folder of label maps, PNG files of class numbers named as the images')
    .option('--classes <file>', '… a text file with the classes, one on each line, from value 0 on')
    .option('--project <folder>', PROJECT_HELP)
    .option('--json', 'print {"layout", "items", "labelled", "classes", "problems"} as JSON')
    .action(async (folder: string, options: Options, command: Command) => {
      const asked = { name: options.name, reading: readingOf(options, command) };
      const dataset = await withProject(options.project, { create: true }, (client) =>
        importDataset(client, folder, asked),
      );
      process.stdout.write(options.json ? `${JSON.stringify(asJson(dataset))}\n` : text(dataset));
    });
}

/** How the folder is to be read, where the options say so. */
function readingOf({ layout, images, labels, classes }: Options, command: Command): Reading | null {
  const byHand = [images, labels, classes].filter((one) => one !== undefined).length;
  if (byHand === 0) return layout === undefined ? null : { layout };
  if (byHand < 3 || layout !== undefined) {
    command.error('error: --images, --labels and --classes go together, and without --layout');
  }
  const parsed = reading.safeParse({ images, labels, classes: linesOf(classes!) });
  if (parsed.success) return parsed.data;
  throw new Problem(`${classes} is no list of 1 to 255 classes.`, {
    where: classes,
    next: 'Write one class on each line.',
  });
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split(/\r?\n/)
      .map((line) => line.trim());
  } catch (error) {
    throw fileProblem(error, file, 'read');
  }
}

function asJson({ layout, items, labelled, classes, problems }: DatasetSummary) {
  return { layout, items, labelled, classes: classes.map((one) => one.name), problems };
}

function text({ name, layout, items, labelled, classes, splits, problems }: DatasetSummary): string {
  const parts = splits.map((split) => `${split.name} ${split.items}`).join(', ');
  return [
    `${name}: ${items} images (${parts}), ${labelled} labelled, layout ${layout}`,
    `${classes.length} classes: ${classes.map((one) => one.name).join(', ')}`,
    ...problems.map((problem) => `! ${problem.message}`),
    '',
  ].join('\n');
}
