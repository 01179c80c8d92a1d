import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeImage } from '../../../src-main/datasets/codec.ts';
import { indexItem } from '../../../src-main/datasets/index-items.ts';
import { readItem } from '../../../src-main/datasets/read-item.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { folderMaker, INTEROP, rowsOf } from './files.ts';

const picture = encodeImage({ width: 6, height: 4, data: new Uint8Array(72) });
const made = folderMaker();

const LABELS = `<meta><task><labels>
  <label><name>car</name><color>#0a141e</color><attributes><attribute><name>x</name></attribute></attributes></label>
  <label><name>a &amp; b</name></label>
</labels></task></meta>`;
const xml = (body: string, head = '') =>
  `<?xml version="1.0" encoding="utf-8"?>\n${head}<annotations><version>1.1</version>${LABELS}${body}</annotations>`;
const image = (name: string, body: string, extra = '') =>
  `<image id="0" name="${name}" width="6" height="4"${extra}>${body}</image>`;

function rows(root: string, key: string): string[] {
  const found = openDataset(root);
  return rowsOf(readItem(root, found.items.find((one) => one.key === key)!, found.table).labels, 6);
}

describe('CVAT for images', () => {
  test('shapes by z_order, masks along rows, labels with their colours', () => {
    const shapes = `
      <box label="car" xtl="0" ytl="0" xbr="3" ybr="2" z_order="2"><attribute name="x">1</attribute></box>
      <polygon label="a &amp; b" points="1.00,1.00;6.00,1.00;6.00,3.00;1.00,3.00" z_order="1"/>
      <mask label="car" rle="1, 2, 1" left="4" top="2" width="2" height="2" z_order="3"/>
      <ellipse label="car" cx="0.5" cy="3.5" rx="0.6" ry="0.6"/>`;
    const root = made({ 'annotations.xml': xml(image('val/a.png', shapes)), 'images/val/a.png': picture });
    const found = openDataset(root);
    expect(found).toMatchObject({ layout: 'cvat', problems: [] });
    expect(found.classes.map((one) => one.name)).toEqual(['background', 'car', 'a & b']);
    expect(found.classes[1].color).toEqual([10, 20, 30]);
    expect(found.items.map((item) => [item.key, item.split, item.image])).toEqual([
      ['val/a', 'val', 'images/val/a.png'],
    ]);
    expect(rows(root, 'val/a')).toEqual(['111000', '111222', '022221', '100010']);
  });

  test('a turned box', () => {
    const box = '<box label="car" xtl="1" ytl="1" xbr="5" ybr="3" rotation="90"/>';
    const root = made({ 'annotations.xml': xml(image('a.png', box)), 'a.png': picture });
    // Four by two about 3, 2 becomes two by four.
    expect(rows(root, 'train/a')).toEqual(Array(4).fill('001100'));
  });

  test('a file for each split, other XML beside them', () => {
    const box = '<box label="car" xtl="0" ytl="0" xbr="1" ybr="1"/>';
    const root = made({
      'train.xml': xml(image('a.png', box)),
      'val.xml': xml(image('b.png', box)),
      'other.xml': '<annotation><filename>x</filename></annotation>',
      'images/train/a.png': picture,
      'images/val/b.png': picture,
    });
    const found = openDataset(root);
    expect([found.layout, found.problems]).toEqual(['cvat', []]);
    expect(found.items.map((item) => [item.key, item.image])).toEqual([
      ['train/a', 'images/train/a.png'],
      ['val/b', 'images/val/b.png'],
    ]);
  });

  test('what is bad is told and stops nothing', () => {
    const shapes = `
      <polygon label="car" points="1,1;2,2"/><polygon label="car" points="1,1;x,2;3,3"/><polygon points="0,0;1,0;1,1"/>
      <mask label="car" rle="1,1" left="0" top="0" width="2" height="2"/>
      <box label="car" xtl="no"/><cube label="car"/><polyline label="car" points="1,1;2,2"/>
      <skeleton label="car"><points label="car" points="1,1"/></skeleton>`;
    const body = [
      image('a.png', shapes),
      image('gone.png', ''),
      image('../../../etc/passwd', ''),
      '<image id="3" name="c.png" width="-1" height="x"/>',
      image('b.png', '<tag label="car"/>'),
    ];
    const root = made({ 'annotations.xml': xml(body.join('')), 'images/a.png': picture, 'images/b.png': picture });
    const found = openDataset(root);
    expect(found.items.map((item) => [item.key, item.labels !== null])).toEqual([
      ['train/a', true],
      ['train/b', false],
    ]);
    const told = found.problems.map((problem) => problem.message).join('\n');
    expect(told.match(/3 points or more/g)).toHaveLength(2);
    for (const words of [
      'no label',
      'no numbers',
      'not known',
      '1 polyline, 1 skeleton',
      'gone.png',
      'passwd',
      'no size',
      '1 tag',
    ]) {
      expect(told).toContain(words);
    }
    const index = indexItem(root, found.items[0], found.table, found.classes.length);
    expect(index.problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining('run lengths are of 2 pixels, not of 4'),
    ]);
  });

  test.each([
    ['cut off', xml(image('a.png', '<box label="car" xtl="0" ytl="0" xbr="1" ybr="1"/>')).slice(0, -5), 1],
    ['a document type', xml(image('a.png', ''), '<!DOCTYPE a [<!ENTITY b "bbbbbbbb">]>'), 0],
    ['an entity of HTML', xml(image('a&nbsp;.png', '')), 0],
    ['a flood of elements', xml('<a>'.repeat(200_000)), 0],
    ['a null', `${xml('')}\0`, 0],
  ])('%s: what came before is kept', (_, content, items) => {
    const root = made({ 'annotations.xml': content, 'a.png': picture });
    if (items === 0) expect(() => openDataset(root)).toThrow(/holds no image.*is not readable to its end/);
    else {
      const found = openDataset(root);
      expect(found.items).toHaveLength(items);
      expect(found.problems[0].message).toContain('is not readable to its end');
    }
  });

  const real = path.join(INTEROP, 'cvat/for_images');
  test.skipIf(!existsSync(real))('one that CVAT wrote (skipped where ../shared is missing)', () => {
    const found = openDataset(real);
    expect([found.layout, found.classes.map((one) => one.name)]).toEqual(['cvat', ['background', 'label1', 'label2']]);
    expect(found.items.map((item) => item.key)).toEqual([
      'train/img0',
      'train/img1',
      'val/img0',
      'val/img1',
      'test/img0',
      'test/img1',
    ]);
    const items = found.items.map((item) => indexItem(real, item, found.table, 3));
    expect(items.every((item) => item.labelled)).toBe(true);
    expect([items[0].pixels, items[1].width]).toEqual([[56, 8, 0], 10]);
    expect(found.problems).toHaveLength(6);
  });
});
