import path from 'node:path';
import type { Command } from 'commander';
import { appFolder } from '../base/folders.ts';
import { wantedEngine } from '../workbench/settings.ts';
import { runJob } from '../workbench/worker-process.ts';
import { Progress } from './progress.ts';

/** `stillroom predict`: a model's label map of one image. */
export function predictCommand(program: Command): void {
  program
    .command('predict')
    .description('write a model’s label map of an image: 8-bit PNG, one channel, class numbers, the image’s size')
    .requiredOption('--model <file>', 'weights: .pth, or .safetensors of a run')
    .requiredOption('--image <file>', 'the image')
    .requiredOption('--out <file>', 'the PNG to write')
    .option('--json', 'print {"out", "engine"} as JSON')
    .action(async (options: { model: string; image: string; out: string; json?: boolean }) => {
      const [model, image, out] = [options.model, options.image, options.out].map((file) => path.resolve(file));
      const progress = new Progress(`Predicting ${path.basename(image)}`);
      let engine = '';
      await runJob(appFolder(), { kind: 'predict', model, image, out, engine: wantedEngine() }, (message) => {
        if (message.type === 'started') engine = message.engine;
        if (message.type === 'phase') progress.show({ phase: message.text, done: 0, total: 0 });
      }).finally(() => progress.end());
      process.stdout.write(options.json ? `${JSON.stringify({ out, engine })}\n` : `${out}\n`);
    });
}
