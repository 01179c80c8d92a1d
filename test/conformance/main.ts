/**
 * The conformance tables: this process prints them; each engine computes its rows in a process of its own (rows.ts),
 * since a process loads TensorFlow once and oneDNN is switched when it loads.
 */
import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import type { Answer, Row } from './rows.ts';

const ENGINES: { name: string; id: string; env?: NodeJS.ProcessEnv; optional?: boolean }[] = [
  { name: 'cpu', id: 'cpu', env: { TF_ENABLE_ONEDNN_OPTS: '1' } },
  { name: 'cpu, oneDNN off', id: 'cpu', env: { TF_ENABLE_ONEDNN_OPTS: '0' } },
  { name: 'wasm', id: 'wasm' },
  { name: 'webgpu', id: 'webgpu', optional: true },
  { name: 'cuda', id: 'cuda', optional: true },
];

/** What stands in the table for a number that there is none of. */
const NONE = '–';

const COLUMNS: Record<string, { title: string; cell: (row: Row) => string; right?: boolean }[]> = {
  ops: [
    { title: 'op', cell: (row) => row.name },
    { title: 'engine', cell: (row) => row.engine },
    { title: 'forms', cell: (row) => row.forms ?? '' },
    { title: 'forward − PyTorch', cell: (row) => share(row.forward), right: true },
    { title: 'gradient − PyTorch', cell: (row) => share(row.gradient), right: true },
    { title: 'gradient − finite differences', cell: (row) => share(row.finite), right: true },
    { title: '', cell: verdict },
  ],
  networks: [
    { title: 'network', cell: (row) => row.name },
    { title: 'engine', cell: (row) => row.engine },
    { title: 'oracle', cell: (row) => row.oracle ?? NONE },
    { title: 'size', cell: (row) => row.size?.join('×') ?? NONE },
    { title: 'parameters', cell: (row) => whole(row.parameters), right: true },
    { title: 'reference', cell: (row) => whole(row.referenceParameters), right: true },
    { title: 'MACs', cell: (row) => whole(row.macs), right: true },
    { title: 'reference', cell: (row) => whole(row.referenceMacs), right: true },
    { title: 'training, MB', cell: (row) => megabytes(row.memory), right: true },
    { title: 'at 1024×2048', cell: (row) => megabytes(row.largeMemory), right: true },
    { title: 'forward − PyTorch', cell: (row) => share(row.forward), right: true },
    { title: 'gradient − PyTorch', cell: (row) => share(row.gradient), right: true },
    { title: '', cell: verdict },
  ],
};

function share(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : value.toExponential(1);
}

function whole(value: number | null | undefined): string {
  return value === undefined || value === null ? NONE : value.toLocaleString('en');
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? NONE : (bytes / 1e6).toFixed(1);
}

function verdict({ ok, why }: Row): string {
  return [ok ? 'ok' : ok === null ? 'not tried' : 'FAIL', ...(why ? [why] : [])].join(': ');
}

/** The rows of one engine, and what it says of itself; a row saying why where it cannot be started or dies. */
function ask(what: string, wanted: string, engine: (typeof ENGINES)[number]): Promise<Answer> {
  return new Promise((resolve) => {
    const child = fork(new URL('./rows.ts', import.meta.url), [what, engine.id, wanted], {
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', ...engine.env },
      execArgv: ['--no-deprecation'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let words = '';
    let answer: Answer | undefined;
    child.stderr?.on('data', (data) => {
      words = (words + data).slice(-20_000);
    });
    child.on('message', (message) => {
      answer = message as Answer;
    });
    child.on('close', (code, signal) => {
      if (answer && 'rows' in answer) return resolve(answer);
      if (!answer) process.stderr.write(words);
      resolve(answer ?? { refused: `its process ended with ${signal ?? `code ${code}`}`, died: true });
    });
  });
}

const USAGE = `npm run conformance -- [ops|networks [PART OF A NAME]] [--engine ${ENGINES.map(({ name }) => name).join('|')}] [--json]`;

async function main(): Promise<boolean> {
  let asked: ReturnType<typeof parse>;
  try {
    asked = parse();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    return false;
  }
  const { values, positionals } = asked;
  const [what = 'ops', wanted = '', ...more] = positionals;
  const columns = COLUMNS[what];
  if (!columns || more.length > 0) {
    process.stderr.write(`There is no table "${positionals.join(' ')}". Ask for ops or networks.\n`);
    return false;
  }
  const rows: Row[] = [];
  const notes: string[] = [];
  for (const engine of ENGINES.filter(({ name }) => name === (values.engine ?? name))) {
    const answer = await ask(what, wanted, engine);
    if ('rows' in answer) {
      rows.push(...answer.rows.map((row) => ({ ...row, engine: engine.name })));
      notes.push(...answer.notes.map((note) => `${engine.name}: ${note}`));
    } else {
      const ok = engine.optional && !answer.died ? null : false;
      rows.push({ name: 'all', engine: engine.name, ok, why: answer.refused });
    }
  }
  // Op by op, the engines one below the other; what could not be tried at the end.
  const names = [...new Set(rows.map(({ name }) => name))];
  const sorted = names
    .sort((a, b) => Number(a === 'all') - Number(b === 'all'))
    .flatMap((name) => rows.filter((row) => row.name === name));
  const failed = sorted.filter(({ ok }) => ok === false).length;
  if (values.json) process.stdout.write(`${JSON.stringify({ rows: sorted, notes })}\n`);
  else {
    process.stdout.write(
      table([columns.map(({ title }) => title), ...sorted.map((row) => columns.map((c) => c.cell(row)))], columns),
    );
    for (const note of notes) process.stdout.write(`${note}\n`);
    const untried = sorted.filter(({ ok }) => ok === null).length;
    process.stdout.write(`${sorted.length - failed - untried} ok, ${failed} failed, ${untried} not tried\n`);
  }
  return failed === 0;
}

function parse() {
  return parseArgs({ options: { json: { type: 'boolean' }, engine: { type: 'string' } }, allowPositionals: true });
}

function table(cells: string[][], columns: { right?: boolean }[]): string {
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  const line = (row: string[]) =>
    row
      .map((cell, i) => (columns[i].right ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  return `${cells.map(line).join('\n')}\n`;
}

process.exitCode = (await main()) ? 0 : 1;
