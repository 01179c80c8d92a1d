import type { Command } from 'commander';
import { Problem } from '../contract/problem.ts';
import { countNetwork } from '../networks/graph.ts';
import { buildNetwork, networkInfos } from '../networks/registry.ts';

interface Options {
  size: string;
  outputs: string;
  json?: boolean;
}

interface Row {
  id: string;
  title: string;
  citation: string;
  parameters: number;
  macs: number;
  /** What height and width of an input must be multiples of, and input size ÷ logits size. */
  stride: number;
  logitsStride: number;
  taps: readonly string[];
}

/** `stillroom models`: the networks that a recipe may name, at their default options. */
export function modelsCommand(program: Command): void {
  program
    .command('models')
    .description('list the networks with their parameters, multiply–accumulates, strides and usual taps')
    .argument('[part]', 'only those whose name has this in it')
    .option('--size <height×width>', 'the input’s size that multiply–accumulates are counted at', '512x1024')
    .option('--outputs <n>', 'the number of classes', '19')
    .option('--json', 'print the rows as JSON')
    .action((part: string | undefined, options: Options) => {
      const size = sizeOf(options.size);
      const outputs = Number(options.outputs);
      const rows = networkInfos()
        .filter(({ id }) => id.includes(part ?? ''))
        .map((info) => rowOf(info, size, outputs));
      if (rows.length === 0) {
        throw new Problem(`There is no network with “${part}” in its name.`, {
          next: 'Leave it out to see them all.',
        });
      }
      process.stdout.write(options.json ? `${JSON.stringify(rows)}\n` : text(rows, size, outputs));
    });
}

function sizeOf(text: string): [number, number] {
  const match = text.match(/^(\d+)[x×](\d+)$/);
  if (!match) {
    throw new Problem(`“${text}” is no size.`, { where: '--size', next: 'Give height and width, as in 512x1024.' });
  }
  return [Number(match[1]), Number(match[2])];
}

function rowOf(
  { id, title, citation }: { id: string; title: string; citation: string },
  size: [number, number],
  outputs: number,
): Row {
  const graph = buildNetwork({ id, options: {} }, outputs);
  const { stride, logitsStride, defaultTaps: taps } = graph;
  return { id, title, citation, ...countNetwork(graph, size), stride, logitsStride, taps };
}

function text(rows: Row[], [height, width]: [number, number], outputs: number): string {
  const head = ['network', 'parameters', 'GMACs', 'multiple of', 'logits at', 'usual taps'];
  const cells = rows.map(({ id, parameters, macs, stride, logitsStride, taps }) => [
    id,
    parameters.toLocaleString('en'),
    (macs / 1e9).toFixed(2),
    String(stride),
    `1/${logitsStride}`,
    taps.join(', '),
  ]);
  const widths = head.map((_, c) => Math.max(...[head, ...cells].map((row) => row[c].length)));
  const lines = [head, ...cells].map((row) =>
    row
      .map((cell, c) => (c === 0 || c === 5 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])))
      .join('   ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n${rows.length} networks, ${outputs} classes, at ${height} × ${width}\n`;
}
