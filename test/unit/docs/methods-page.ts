/** docs/methods.md: what stands above each method in its file, in the same six lines, and what it is held against. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Method } from '../../../src-main/distillation/method.ts';
import { methods } from '../../../src-main/distillation/registry.ts';

const root = path.join(import.meta.dirname, '../../..');
const golden = path.join(root, 'test/conformance/golden');

const INTRODUCTION = `# Methods

Every term that a recipe can add up, written by \`npm run methods\` out of the files in
[src-main/distillation/methods](../src-main/distillation/methods/): change it there. How to add one: [add-a-method.md](add-a-method.md).

F is a tap, z are logits, S the student and T the teacher (a temperature T stands below a logit), p a position, c a class or
channel, N the batch. Taps are the student's and the teacher's usual ones unless the recipe names others; a method of one tap
reads the last unless its option \`tap\` says another, counted from 0. The weight is what the recipe form begins with.
What is measured here is none of the papers' results: it is what a method computes.

Each method's value and gradients are held to 1e-5 (32-bit floats on the CPU; 1e-4 in WebAssembly and on WebGPU) against
PyTorch in double precision: by torchdistill's class where it has the method, otherwise by a writing of our own from the
equation, in [test/oracles](../test/oracles/). \`npx stillroom loss METHOD\` evaluates any of them on your own arrays.
`;

/** The six lines: how each begins, and the fields of a file's text that it is made of. */
const LINES: [string, string[]][] = [
  ['Source', ['Source']],
  ['Equation', ['Equation', 'Reduction']],
  ['Taps and adapter', ['Taps']],
  ['Weight and temperature', ['Weight']],
  ['Traps', ['Traps']],
  ['Cost', ['Cost']],
];

interface Family {
  cases: { method: string }[];
  oracles?: Record<string, string>;
}

/** The page as it has to be. @throws Error where a method's file lacks a field */
export function methodsPage(): string {
  const families = readdirSync(golden)
    .filter((name) => /^losses-.*\.json$/.test(name))
    .map((name): Family => JSON.parse(readFileSync(path.join(golden, name), 'utf8')));
  const oracles = Object.assign({}, ...families.map(({ oracles }) => oracles ?? {})) as Record<string, string>;
  const cases = (id: string) =>
    families.reduce((sum, family) => sum + family.cases.filter(({ method }) => method === id).length, 0);
  const rows = methods.map((method) => {
    const held = `${oracles[method.id] ?? 'the equation'}, ${cases(method.id)} cases`;
    return `| \`${method.id}\` | ${method.title} | ${method.defaultWeight} | ${options(method)} | ${held} |`;
  });
  const table = ['| id | method | weight | options | held against |', '|---|---|---|---|---|', ...rows].join('\n');
  return `${[INTRODUCTION, `${table}\n`, ...methods.map(section)].join('\n')}`;
}

function options(method: Method): string {
  const properties = z.toJSONSchema(method.params, { io: 'input' }).properties ?? {};
  return Object.entries(properties)
    .map(([name, schema]) => `\`${name}\` ${JSON.stringify((schema as { default?: unknown }).default)}`)
    .join(', ');
}

function section(method: Method): string {
  const file = `src-main/distillation/methods/${method.id.replace('.', '-')}.ts`;
  const { summary, fields } = docstring(readFileSync(path.join(root, file), 'utf8'));
  const lines = LINES.map(([title, names]) => {
    const texts = names.map((name) => fields.get(name) ?? (name === 'Source' ? `${method.citation}.` : undefined));
    if (texts[0] === undefined) throw new Error(`${file} says nothing of its ${names[0]}.`);
    return `- **${title}**: ${texts.filter((text) => text !== undefined).join(' Reduction: ')}`;
  });
  return `## \`${method.id}\`: ${method.title}\n\n${summary} ([file](../${file}))\n\n${lines.join('\n')}\n`;
}

/** The comment that a file begins with: what stands before its fields, and each field as one line. */
function docstring(source: string): { summary: string; fields: Map<string, string> } {
  const [, comment = ''] = /^\/\*\*\n(.*?)\n \*\//s.exec(source) ?? [];
  const fields = new Map<string, string>();
  let current = '';
  const summary: string[] = [];
  for (const line of comment.split('\n').map((one) => one.replace(/^ \* ?/, ''))) {
    const [, name, text] = /^([A-Z][a-z]+) {2,}(.*)$/.exec(line) ?? [];
    if (name) current = name;
    if (name) fields.set(name, text);
    else if (current) fields.set(current, `${fields.get(current)} ${line.trim()}`.trim());
    else summary.push(line);
  }
  return { summary: summary.join(' ').trim(), fields };
}
