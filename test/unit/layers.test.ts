import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const LONGEST_FILE = 400;

/** The folders of src-main as docs/architecture.md lists them, top to bottom: imports go down this list only. */
function layers(): string[] {
  const plan = fs.readFileSync(path.join(ROOT, 'docs/architecture.md'), 'utf8');
  const list = plan.slice(plan.indexOf('    src-main/\n'), plan.indexOf('    src-renderer/'));
  return [...list.matchAll(/^ {6}(\w+)\/ /gm)].map((match) => match[1]);
}

function sources(folder: string): string[] {
  if (!fs.existsSync(path.join(ROOT, folder))) return [];
  return fs
    .readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|tsx|mjs|css)$/.test(file))
    .map((file) => path.join(folder, file));
}

/** What a file imports, statically or not: packages by name, our own files as paths from the root. */
function imports(file: string): string[] {
  const text = fs.readFileSync(path.join(ROOT, file), 'utf8');
  const quoted = /(?:\bfrom\s+|\bimport\s+|\bimport\(\s*|\brequire\(\s*)['"]([^'"]+)['"]/g;
  return [...text.matchAll(quoted)].map(([, name]) =>
    name.startsWith('.') ? path.normalize(path.join(path.dirname(file), name)) : name,
  );
}

const main = sources('src-main').filter((file) => file.endsWith('.ts'));
const renderer = sources('src-renderer').filter((file) => /\.tsx?$/.test(file));
const layerOf = (file: string) => file.split(path.sep)[1];

function offenders(files: string[], wrong: (file: string, imported: string) => boolean): string[] {
  return files.flatMap((file) =>
    imports(file)
      .filter((name) => wrong(file, name))
      .map((name) => `${file} imports ${name}`),
  );
}

test('every folder of src-main is in the plan, and the plan is read', () => {
  expect(layers()).toContain('contract');
  expect([...new Set(main.map(layerOf))].filter((layer) => !layers().includes(layer))).toEqual([]);
});

test('imports in src-main go down the list of folders only', () => {
  const order = layers();
  const upward = offenders(main, (file, name) => {
    if (name.startsWith(`src-renderer${path.sep}`)) return true;
    return name.startsWith(`src-main${path.sep}`) && order.indexOf(layerOf(name)) < order.indexOf(layerOf(file));
  });
  expect(upward).toEqual([]);
});

test('only shell/ knows Electron, and only store/ knows SQLite and SQL', () => {
  const outside = (layer: string) => main.filter((file) => layerOf(file) !== layer);
  expect(offenders(outside('shell'), (_, name) => name === 'electron' || name.startsWith('electron/'))).toEqual([]);
  expect(offenders(outside('store'), (_, name) => name === 'better-sqlite3')).toEqual([]);
  const sql =
    /['"`]\s*(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\s/i;
  const withSql = outside('store').filter((file) => sql.test(fs.readFileSync(path.join(ROOT, file), 'utf8')));
  expect(withSql).toEqual([]);
});

test('the window knows only the contract and the label editing of the main side, and nothing of Node', () => {
  const wrong = offenders(renderer, (_, name) => {
    if (name.startsWith(`src-main${path.sep}`)) return !['contract', 'labels'].includes(layerOf(name));
    return name.startsWith('node:') || name === 'electron';
  });
  expect(wrong).toEqual([]);
});

test('the contract is pure: it imports zod and itself', () => {
  const contract = main.filter((file) => layerOf(file) === 'contract');
  expect(offenders(contract, (_, name) => name !== 'zod' && layerOf(name) !== 'contract')).toEqual([]);
});

test('label editing is pure: it imports itself, the contract and packages that need no Node', () => {
  const labels = main.filter((file) => layerOf(file) === 'labels');
  const ours = (name: string) => name.startsWith(`src-main${path.sep}`);
  const wrong = offenders(labels, (_, name) =>
    ours(name) ? !['contract', 'labels'].includes(layerOf(name)) : name.startsWith('node:') || name === 'electron',
  );
  expect(wrong).toEqual([]);
});

test(`no file is longer than ${LONGEST_FILE} lines`, () => {
  const files = ['src-main', 'src-renderer', 'bin', 'test'].flatMap(sources);
  const lines = (file: string) => fs.readFileSync(path.join(ROOT, file), 'utf8').split('\n').length - 1;
  expect(files.filter((file) => lines(file) > LONGEST_FILE)).toEqual([]);
});
