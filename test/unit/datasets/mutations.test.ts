/**
 * The small data set of every layout, damaged at random: whatever the damage, each file is read or refused with a
 * Problem, within two seconds of computing, and no file is opened outside of the data set. 300 damages for each layout;
 * `npm run test:hostile` does 10,000.
 */
import * as fs from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import type { FoundDataset, FoundItem } from '../../../src-main/contract/dataset.ts';
import { Problem } from '../../../src-main/contract/problem.ts';
import { exampleOf } from '../../../src-main/datasets/examples.ts';
import { indexItem } from '../../../src-main/datasets/index-items.ts';
import { holdsInstances, openDocument, readDocument } from '../../../src-main/datasets/read-document.ts';
import { imageSizeOf } from '../../../src-main/datasets/read-item.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { folderOf } from './files.ts';
import { SMALL } from './small.ts';

const RUNS = Number(process.env.STILLROOM_MUTATIONS ?? 300);

/** What has been opened to be read. */
const opened = vi.hoisted(() => new Set<string>());

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof fs>();
  const noted =
    <A extends [fs.PathOrFileDescriptor, ...unknown[]], R>(read: (...args: A) => R) =>
    (...args: A): R => {
      if (typeof args[0] === 'string') opened.add(args[0]);
      return read(...args);
    };
  const readFileSync = noted(real.readFileSync as (...args: [fs.PathOrFileDescriptor, ...unknown[]]) => unknown);
  const openSync = noted(real.openSync as (...args: [fs.PathLike & string, ...unknown[]]) => unknown);
  return { ...real, default: real, readFileSync, openSync };
});

const TOKENS = [
  ...[
    '',
    '"',
    '{',
    '}',
    '[[',
    ']',
    ',',
    '\n',
    '\0',
    '\ufeff',
    '<a>',
    '</image>',
    '&x;',
    '<!DOCTYPE x>',
    '#',
    '\t',
    ':',
  ],
  ...['null', 'true', '-1', '0', '256', '65536', '1e999', 'NaN', '1e-320', '99999999999999999999', '0.5', '2147483648'],
  ...['"__proto__"', '"constructor"', '../../outside.png', '..\\outside.png', '/etc/passwd', '[0,1e308]', '{"a":{}}'],
];

const STRINGS = [
  ...[
    '../outside.png',
    '..\\\\outside.png',
    'x/../../outside.png',
    '../outside',
    '/etc/passwd',
    'C:\\\\x.png',
    '..',
    '.',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    ' ',
    'a\\nb',
    'ünï 空',
    'x'.repeat(300),
    '-1',
    '1e999',
    '#ff00ff',
    '&lt;',
  ],
];

/** One damage: which file, what kind, and numbers that the kind makes of what it will. */
const damage = fc.record({
  file: fc.nat(),
  kind: fc.constantFrom(
    'token',
    'number',
    'string',
    'string',
    'bytes',
    'cut',
    'repeat',
    'move',
    'empty',
    'gone',
    'inside',
  ),
  at: fc.nat(),
  much: fc.nat(40),
  to: fc.nat(),
  token: fc.constantFrom(...TOKENS),
});
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

/** The file as it is afterwards; null: it is gone. */
function damaged(whole: Buffer, { kind, at, much, to, token }: Damage): Buffer | null {
  if (whole.length === 0) return Buffer.from(token);
  const start = at % whole.length;
  const end = Math.min(whole.length, start + much);
  const join = (...parts: (Buffer | string)[]) => Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  switch (kind) {
    case 'token':
      return join(whole.subarray(0, start), token, whole.subarray(end));
    case 'number':
      return inPlaceOf(/\d+(?:\.\d+)?/g, whole, at, token);
    case 'string':
      // What stands between quotes, or a line.
      return inPlaceOf(/(?<=")[^"\n]+(?=")|^[^"\n]+$/gm, whole, at, STRINGS[to % STRINGS.length]);
    case 'bytes': {
      const other = Buffer.from(whole);
      for (let i = 0; i <= much; i++) other[(start + i * (to % 97)) % whole.length] ^= (to + i) & 255;
      return other;
    }
    case 'cut':
      return whole.subarray(0, start);
    case 'repeat':
      return join(whole.subarray(0, end), whole.subarray(start));
    case 'move': {
      const part = whole.subarray(start, end);
      const rest = join(whole.subarray(0, start), whole.subarray(end));
      const place = to % (rest.length + 1);
      return join(rest.subarray(0, place), part, rest.subarray(place));
    }
    case 'empty':
      return Buffer.alloc(0);
    case 'gone':
      return null;
    case 'inside':
      return insidePng(whole, at, to);
  }
}

/** One of the places that a pattern finds, with something else in it. */
function inPlaceOf(pattern: RegExp, whole: Buffer, at: number, other: string): Buffer {
  const places = [...whole.toString('latin1').matchAll(pattern)];
  if (places.length === 0 || whole[0] === 0x89) return whole;
  const { index, 0: found } = places[at % places.length];
  return Buffer.concat([whole.subarray(0, index), Buffer.from(other), whole.subarray(index + found.length)]);
}

/** A byte of a PNG's chunk changed, and its checksum with it, so that what lies behind the checksums is reached. */
function insidePng(whole: Buffer, at: number, to: number): Buffer {
  if (whole[0] !== 0x89) return whole;
  const other = Buffer.from(whole);
  const chunks: { start: number; length: number }[] = [];
  for (let start = 8; start + 12 <= other.length; ) {
    const length = other.readUInt32BE(start);
    chunks.push({ start, length });
    start += 12 + length;
  }
  const { start, length } = chunks[at % chunks.length];
  if (length === 0) return other;
  other[start + 8 + (at % length)] ^= to & 255;
  other.writeUInt32BE(crc32(other.subarray(start + 4, start + 8 + length)), start + 8 + length);
  return other;
}

/** As for annotation. */
function openObjects({ root, table }: FoundDataset, { image, labels }: FoundItem): void {
  const [height, width] = imageSizeOf(root, image);
  try {
    readDocument(openDocument(root, labels!), table, { width, height });
  } catch (error) {
    // A data set is not refused for one of its files.
    if (!(error instanceof Problem)) throw error;
    expect(error.line).toMatch(/^\S.{10,}[.”]$/su);
  }
}

/** Reads all that there is; a Problem is as good as an answer. */
function readAll(root: string): void {
  try {
    const found = openDataset(root);
    const told = [...found.problems];
    for (const item of found.items) {
      const { labelled, problems } = indexItem(root, item, found.table, found.classes.length);
      if (labelled) exampleOf(found, item);
      if (labelled && holdsInstances(item.labels!)) openObjects(found, item);
      told.push(...problems);
    }
    // What is our own fault is no sentence.
    for (const { message } of told) expect(message).toMatch(/^\S.{10,}[.”]$/su);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect(error.line).toMatch(/^\S.{10,}[.”]$/su);
  }
}

const holders: string[] = [];
beforeEach(() => opened.clear());
afterAll(() => {
  for (const holder of holders) fs.rmSync(holder, { recursive: true, force: true });
});

test.each(SMALL.filter((small) => !small.chosen).map((small) => [small.layout, small] as const))(
  '%s, damaged in any way, is read or refused',
  (_, small) => {
    const inner = Object.entries(small.files).map(([file, data]) => [`data/${file}`, data]);
    const holder = folderOf({ ...Object.fromEntries(inner), 'outside.png': 'secret' });
    holders.push(holder);
    const root = path.join(holder, 'data');
    // Pictures are alike in all layouts: annotations get their share.
    const files = Object.keys(small.files).map((file) => path.join(root, file));
    let longest = 0;
    fc.assert(
      fc.property(damage, (one) => {
        const file = files[one.file % files.length];
        const whole = fs.readFileSync(file);
        const other = damaged(whole, one);
        if (other === null) fs.rmSync(file);
        else fs.writeFileSync(file, other);
        opened.clear();
        const before = process.cpuUsage();
        try {
          readAll(root);
        } finally {
          const { user, system } = process.cpuUsage(before);
          longest = Math.max(longest, (user + system) / 1e6);
          fs.writeFileSync(file, whole);
        }
        expect(longest).toBeLessThan(2);
        expect([...opened].filter((name) => !name.startsWith(root + path.sep) && name !== file)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
    if (RUNS > 300) process.stdout.write(`${small.layout}: ${RUNS} damages, the longest ${longest.toFixed(2)} s\n`);
  },
  60_000 + RUNS * 100,
);

test('what is opened is seen', () => {
  const holder = folderOf({ 'a.txt': 'x' });
  holders.push(holder);
  opened.clear();
  fs.readFileSync(path.join(holder, 'a.txt'));
  expect([...opened]).toEqual([path.join(holder, 'a.txt')]);
});
