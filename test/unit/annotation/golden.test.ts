import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { FORMATS, formatOf } from '../../../src-main/annotation/registry.ts';
import { sha256 } from '../../../src-main/base/files.ts';
import { type ClassInfo, IGNORE } from '../../../src-main/contract/dataset.ts';

/**
 * Made by test/oracles/exports.py: exports whose every pixel pycocotools, Datumaro, cityscapesScripts and Pillow have
 * read back right. A change of these bytes has to be read by them again.
 */
const golden: {
  width: number;
  height: number;
  classes: Record<string, ClassInfo[]>;
  items: { split: string; name: string; rows: string[] }[];
  files: Record<string, Record<string, string>>;
} = JSON.parse(readFileSync(path.join(import.meta.dirname, 'golden/exports.json'), 'utf8'));

const items = golden.items
  .map(({ split, name, rows }) => ({
    split,
    name,
    extension: '.png',
    width: golden.width,
    height: golden.height,
    labels: Uint8Array.from(rows.join(''), (letter) => (letter === '.' ? IGNORE : letter.charCodeAt(0) - 97)),
  }))
  .sort((a, b) => (`${a.split}/${a.name}` < `${b.split}/${b.name}` ? -1 : 1));

test('every format has been read by others', () => {
  expect(Object.keys(golden.files).sort()).toEqual(FORMATS.map(({ name }) => name).sort());
});

test.each(Object.keys(golden.files))('%s: the files that others have read', (format) => {
  const name = format === 'cityscapes' ? 'City' : 'Streets';
  const ignoring = items.filter((item) => item.labels.includes(IGNORE)).length;
  const writer = formatOf(format).writer({ name, classes: golden.classes[name], items, ignoring, shaped: false });
  const files = [...items.flatMap((item) => writer.item(item)), ...writer.end()];
  expect(Object.fromEntries(files.map((file) => [file.path, sha256(file.data)]))).toEqual(golden.files[format]);
});
