/** `stillroom doctor`: what is there, what is missing, and the command that mends it. */
import type { Command } from 'commander';
import { describe } from '../contract/problem.ts';
import { type DoctorRow, examine } from '../engine/doctor.ts';
import { command, nvidiaGpus } from '../engine/status.ts';

const MARKS = { ok: '✓', warn: '!', missing: '✗' };

/** Adds the command. Exit code 1 when something is missing without which Stillroom cannot do its work. */
export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('say what engine, Electron, GPU and driver are there, what is missing, and what mends it')
    .option('--start', 'also get and start the engine, and let it compute a check')
    .option('--json', 'print one JSON object')
    .action(async (options: { start?: boolean; json?: boolean }) => {
      // Looked at after the start, so that the rows show what the start has fetched.
      const started = options.start ? await startRow() : [];
      const rows = [...(await examine()), ...started];
      const ok = rows.every((row) => row.status !== 'missing');
      process.stdout.write(options.json ? `${JSON.stringify({ ok, rows })}\n` : table(rows));
      process.exitCode = ok ? 0 : 1;
    });
}

async function startRow(): Promise<DoctorRow[]> {
  const { startEngine } = await import('../engine/choose.ts');
  try {
    const engine = await startEngine();
    const threads = `${engine.threads} thread${engine.threads === 1 ? '' : 's'}`;
    const detail = [`${engine.name}, ${threads}; it computes right`, ...engine.notes].join('. ');
    // A GPU that nothing computes on goes unnoticed otherwise: training works, many times slower.
    const idle = engine.id !== 'cuda' && !process.env.STILLROOM_ENGINE && (await nvidiaGpus()).length > 0;
    const status = idle ? 'missing' : engine.notes.length > 0 ? 'warn' : 'ok';
    const next = idle ? { next: `STILLROOM_ENGINE=cuda TF_CPP_MIN_LOG_LEVEL=0 ${command()} doctor --start` } : {};
    return [{ name: 'Engine started', status, detail, ...next }];
  } catch (error) {
    return [{ name: 'Engine started', status: 'missing', detail: describe(error) }];
  }
}

function table(rows: DoctorRow[]): string {
  const width = Math.max(...rows.map((row) => row.name.length));
  return rows
    .map((row) => {
      const next = row.next ? `\n${' '.repeat(width + 4)}→ ${row.next}` : '';
      return `${MARKS[row.status]} ${row.name.padEnd(width)}  ${row.detail}${next}\n`;
    })
    .join('');
}
