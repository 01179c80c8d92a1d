import path from 'node:path';
import type { Command } from 'commander';
import { FORMATS } from '../annotation/registry.ts';
import { Problem } from '../contract/problem.ts';
import { type Client, PROJECT_HELP, withProject } from './client.ts';

interface Options {
  format: string;
  out: string;
  data?: string;
  project?: string;
  images?: boolean;
  json?: boolean;
}

/** `stillroom export`: a data set's annotations in another program's format. */
export function exportCommand(program: Command): void {
  program
    .command('export')
    .description(
      'write the annotations of a project’s data set in another program’s format; first says what it cannot hold',
    )
    .requiredOption('--format <name>', FORMATS.map(({ name, title }) => `${name} (${title})`).join(', '))
    .requiredOption('--out <folder>', 'where to write: a new or an empty folder')
    .option('--data <name>', 'the data set’s name, where the project has several')
    .option('--images', 'copy the images too')
    .option('--project <folder>', PROJECT_HELP)
    .option('--json', 'print {"out", "format", "images", "notes"} as JSON')
    .action(async (options: Options) => {
      const { format } = options;
      const out = path.resolve(options.out);
      const { notes, images } = await withProject(options.project, { create: false }, async (client) => {
        const dataset = await datasetOf(client, options.data);
        const found = await client.request('exports.check', { dataset, format });
        for (const note of found.notes) process.stderr.write(`! ${note}\n`);
        const file = await client.file('export', out);
        const asked = { dataset, format, file, images: options.images ?? false };
        const { job } = await client.request('exports.start', asked);
        await client.follow((one) => one.id === job, `Exporting to ${path.basename(out)}`);
        return found;
      });
      const printed = { out, format, images, notes };
      process.stdout.write(options.json ? `${JSON.stringify(printed)}\n` : `${images} label maps written to ${out}\n`);
    });
}

/** The number of the data set that is meant. */
async function datasetOf(client: Client, name: string | undefined): Promise<number> {
  const all = await client.request('datasets.list', {});
  const fitting = name === undefined ? all : all.filter((one) => one.name === name);
  if (fitting.length === 1) return fitting[0].id;
  const known = all.map((one) => one.name).join(', ');
  if (all.length === 0) throw new Problem('The project has no data set.', { next: 'Import one first.' });
  const which = name === undefined ? `has ${all.length} data sets` : `has ${fitting.length || 'no'} data set “${name}”`;
  throw new Problem(`The project ${which}.`, { next: `Name one with --data: ${known}.` });
}
