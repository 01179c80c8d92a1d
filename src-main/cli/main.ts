/** The command line: `stillroom COMMAND …`, run by the launcher on Electron as Node. */
import { Command, CommanderError } from 'commander';
import { describe, Problem } from '../contract/problem.ts';
import { version } from './version.ts';

type Register = (program: Command) => void;

/** Each command is loaded when it is asked for: most need neither TensorFlow.js nor the database. */
const COMMANDS: Record<string, () => Promise<Register>> = {
  demo: async () => (await import('./demo.ts')).demoCommand,
  import: async () => (await import('./import.ts')).importCommand,
  export: async () => (await import('./export.ts')).exportCommand,
  'export-model': async () => (await import('./export-model.ts')).exportModelCommand,
  'fetch-weights': async () => (await import('./fetch-weights.ts')).fetchWeightsCommand,
  models: async () => (await import('./models.ts')).modelsCommand,
  run: async () => (await import('./run.ts')).runCommand,
  sweep: async () => (await import('./sweep.ts')).sweepCommand,
  'teacher-cache': async () => (await import('./teacher-cache.ts')).teacherCacheCommand,
  evaluate: async () => (await import('./evaluate.ts')).evaluateCommand,
  predict: async () => (await import('./predict.ts')).predictCommand,
  serve: async () => (await import('./serve.ts')).serveCommand,
  loss: async () => (await import('./loss.ts')).lossCommand,
  memory: async () => (await import('./memory.ts')).memoryCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
};

/** The launcher opens the window itself; here it is only told of. */
function openCommand(program: Command): void {
  program.command('open').argument('[project]', 'the folder of a project').description('open the window');
}

/**
 * Runs one command line.
 * @returns the exit code: 0 done, 1 failed, 2 called wrongly
 */
async function main(args: string[]): Promise<number> {
  const program = new Command('stillroom')
    .description('Distil small semantic-segmentation networks out of large ones.')
    .version(version())
    .exitOverride()
    .configureHelp({ sortSubcommands: false });
  openCommand(program);
  const [asked] = args;
  for (const name of Object.hasOwn(COMMANDS, asked ?? '') ? [asked] : Object.keys(COMMANDS)) {
    (await COMMANDS[name]())(program);
  }
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // Commander has said what is wrong; help and version are no errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`stillroom: ${describe(error).replace(/\s*\n\s*/g, ' ')}\n`);
    if (!(error instanceof Problem)) process.stderr.write(`${error instanceof Error ? error.stack : ''}\n`);
    return 1;
  }
}

const code = await main(process.argv.slice(2));
// What was written to a pipe is out before the process ends; threads and sockets that are left do not hold it up.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
