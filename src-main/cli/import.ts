import type { Command } from 'commander';
import type { DatasetSummary } from '../contract/dataset.ts';
import { PROJECT_HELP, withProject } from './client.ts';
import { importDataset } from './things.ts';

/** `stillroom import`: a data set's folder into a project. */
export function importCommand(program: Command): void {
  program
    .command('import')
    .description('index a data set’s folder in a project; the folder itself is never written to')
    .argument('<folder>', 'the data set; its layout is recognised')
    .option('--project <folder>', PROJECT_HELP)
    .option('--json', 'print {"layout", "items", "labelled", "classes", "problems"} as JSON')
    .action(async (folder: string, options: { project?: string; json?: boolean }) => {
      const dataset = await withProject(options.project, { create: true }, (client) => importDataset(client, folder));
      process.stdout.write(options.json ? `${JSON.stringify(asJson(dataset))}\n` : text(dataset));
    });
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
