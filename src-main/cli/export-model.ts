import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Command, Option } from 'commander';
import { MODEL_FORMATS, type ModelFormat } from '../contract/model-requests.ts';
import { Problem } from '../contract/problem.ts';
import { Catalogue } from '../workbench/catalogue.ts';
import { withProject } from './client.ts';
import { modelFor } from './things.ts';

interface Options {
  format: ModelFormat;
  out: string;
  size?: string;
  project?: string;
  json?: boolean;
}

/** `stillroom export-model`: a model for other programs. */
export function exportModelCommand(program: Command): void {
  program
    .command('export-model')
    .description('write a model for other programs; beside it go its card (.card.json) and an example (.example.py)')
    .argument(
      '<model>',
      'weights: .pth, .onnx, .tflite, model.json of TensorFlow.js, the folder of a SavedModel, or .safetensors of a run; with --project also a model’s name',
    )
    .addOption(
      new Option(
        '--format <name>',
        'onnx, safetensors (with PyTorch’s names), tfjs (a graph model of TensorFlow.js), or tflite',
      )
        .choices(MODEL_FORMATS)
        .makeOptionMandatory(),
    )
    .requiredOption('--out <file>', 'the file to write')
    .option(
      '--size <widthxheight>',
      'the pictures’ size, which all but safetensors fix (default: 480x360, as far as it fits)',
    )
    .option('--project <folder>', 'the project whose model is meant')
    .option('--json', 'print {"files"} as JSON')
    .action(async (model: string, options: Options) => {
      const files = await (options.project === undefined ? alone(model, options) : inProject(model, options));
      process.stdout.write(options.json ? `${JSON.stringify({ files })}\n` : files.map((file) => `${file}\n`).join(''));
    });
}

async function alone(model: string, { format, out, size }: Options): Promise<string[]> {
  if (!existsSync(model)) {
    throw new Problem(`There is no file ${model}.`, { where: path.resolve(model), next: 'Check the path.' });
  }
  const catalogue = new Catalogue();
  return catalogue.exportModel(model, format, out, sizeOf(size)).finally(() => catalogue.close());
}

async function inProject(name: string, { format, out, size, project }: Options): Promise<string[]> {
  return withProject(project, { create: false }, async (client) => {
    const model = await modelFor(client, name);
    const folder = path.dirname(path.resolve(out));
    const { files } = await client.request('models.export', {
      model: model.id,
      format,
      file: await client.file('export', folder),
      name: path.basename(out),
      size: sizeOf(size),
    });
    return files.map((file) => path.join(folder, file));
  });
}

/** Height and width. */
function sizeOf(text: string | undefined): [number, number] | undefined {
  if (text === undefined) return undefined;
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(text) ?? [];
  if (width === undefined) throw new Problem(`“${text}” is no size.`, { next: 'Write it as --size 480x360.' });
  return [Number(height), Number(width)];
}
