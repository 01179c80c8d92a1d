import type { Command } from 'commander';
import { Problem } from '../contract/problem.ts';
import { evaluateLoss, type LossNorms } from '../distillation/evaluate.ts';
import { paramNames } from '../distillation/method.ts';
import { methodById, methods } from '../distillation/registry.ts';
import { startEngine } from '../engine/choose.ts';
import { readNpz } from '../weights/npz.ts';

/** `stillroom loss`: a method's unweighted value and gradient norms on arrays from outside. */
export function lossCommand(program: Command): void {
  program
    .command('loss')
    .description("evaluate a method on your own arrays, to hold it against your own code's numbers")
    .argument('<method>', 'one of the methods below')
    .requiredOption(
      '--inputs <file>',
      'an .npz with student.logits, teacher.logits, student.tap0…, teacher.tap0… (N×C×H×W, float32), labels (N×H×W, int32, 255 = ignore) and image (N×3×H×W, as the student takes it); own.NAME for arrays of the method’s own; domain (0 the source, 1 the target) where the method compares two data sets; what the method does not read may be absent',
    )
    .option('--params <json>', "the method's options as a JSON object; the others have their defaults", '{}')
    .option('--json', 'print {"value", "gradientNorms"} as JSON; norms are L2 over each array that the method reads')
    .addHelpText('after', `\nMethods:\n${methods.map(line).join('\n')}`)
    .action(async (id: string, options: { inputs: string; params: string; json?: boolean }) => {
      const method = methodById(id);
      const params = parseJson(options.params);
      const arrays = await readNpz(options.inputs);
      await startEngine();
      const result = evaluateLoss(method, arrays, params);
      process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : text(result));
    });
}

function line(method: (typeof methods)[number]): string {
  const options = paramNames(method).join(', ');
  return `  ${method.id.padEnd(10)} ${method.title}: ${method.equation}${options ? `\n${' '.repeat(13)}options: ${options}` : ''}`;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Problem(`--params is not valid JSON: ${json}.`, {
      next: 'Give an object in quotes, such as \'{"temperature": 4}\'.',
      cause: error,
    });
  }
}

function text({ value, gradientNorms, ownLoss }: LossNorms): string {
  const rows = Object.entries(gradientNorms).map(([name, norm]) => `gradient norm ${name}  ${norm}\n`);
  return `value  ${value}\n${rows.join('')}${ownLoss ? `of the method's own training:\n${text(ownLoss)}` : ''}`;
}
