import { describe, expect, test } from 'vitest';
import { inside, splitOf } from '../../../src-main/datasets/annotations.ts';
import { vocColour } from '../../../src-main/datasets/classes/voc.ts';

describe('paths in annotations', () => {
  test.each([
    ['annotations', '../images/a.jpg', 'images/a.jpg'],
    ['annotations', '..\\images\\a.jpg', 'images/a.jpg'],
    ['', 'day/one.png', 'day/one.png'],
    ['a', '../../x.png', null],
    ['', '..', null],
    ['', '', null],
    ['', '/etc/passwd', null],
    ['', 'C:\\x.png', null],
    ['', '\\\\server\\x.png', null],
    ['', 'a\0.png', null],
    ['', 'a\nb.png', null],
  ])('from “%s”, %j', (folder, name, wanted) => {
    expect(inside(folder, name)).toBe(wanted);
  });
});

test('words for splits', () => {
  expect(['train2017', 'Training', 'valid', 'VAL_2012', 'testing', 'night'].map(splitOf)).toEqual([
    'train',
    'train',
    'val',
    'val',
    'test',
    'night',
  ]);
});

test('the palette is Pascal VOC’s', () => {
  expect([0, 1, 2, 15, 20, 255].map(vocColour)).toEqual([
    [0, 0, 0],
    [128, 0, 0],
    [0, 128, 0],
    [192, 128, 128],
    [0, 64, 128],
    [224, 224, 192],
  ]);
});
