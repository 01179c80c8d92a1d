import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../../src-main/base/files.ts';
import { IGNORE } from '../../../src-main/contract/dataset.ts';
import { Problem } from '../../../src-main/contract/problem.ts';
import { readItem } from '../../../src-main/datasets/read-item.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { drawScene } from '../../../src-main/datasets/sample/scene.ts';
import { makeSample, SAMPLE_CLASSES, SAMPLE_HEIGHT, SAMPLE_WIDTH } from '../../../src-main/datasets/sample.ts';

const small = { train: 2, val: 2 };
let root: string;
beforeAll(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-sample-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** SHA-256 over the names and bytes of all files in a folder. */
function folderHash(folder: string): string {
  const names = readdirSync(folder, { recursive: true }).map(String).sort();
  const files = names.filter((name) => statSync(path.join(folder, name)).isFile());
  return sha256(
    ...files.flatMap((name) => [`${name.replaceAll(path.sep, '/')}\0`, readFileSync(path.join(folder, name))]),
  );
}

test('the sample is a data set, the same bytes for the same seed', async () => {
  const seen: string[] = [];
  const folder = path.join(root, 'a');
  await makeSample(folder, { ...small, onProgress: (done, total) => seen.push(`${done}/${total}`) });
  expect(seen).toEqual(['1/4', '2/4', '3/4', '4/4']);
  const found = openDataset(folder);
  expect(found).toMatchObject({ layout: 'stillroom', classes: SAMPLE_CLASSES, problems: [] });
  expect(found.items.map((item) => item.split)).toEqual(['train', 'train', 'val', 'val']);
  const { image, labels } = readItem(folder, found.items[0], found.table);
  expect([image.width, image.height]).toEqual([SAMPLE_WIDTH, SAMPLE_HEIGHT]);
  const drawn = drawScene(1, 0, SAMPLE_WIDTH, SAMPLE_HEIGHT);
  expect(sha256(image.data)).toBe(sha256(drawn.image));
  expect(sha256(labels!)).toBe(sha256(drawn.labels));
  // The sample teacher knows these very pictures: whoever changes them raises GENERATOR and trains it anew.
  expect(folderHash(folder)).toMatchInlineSnapshot(
    `"e3c286ff211b7462340ffd228b9ec7c3793f58f17fb7c7dba9dc016a1a91edb2"`,
  );
  await makeSample(path.join(root, 'b'), small);
  expect(folderHash(path.join(root, 'b'))).toBe(folderHash(folder));
  await makeSample(path.join(root, 'c'), { ...small, seed: 2 });
  expect(folderHash(path.join(root, 'c'))).not.toBe(folderHash(folder));
  expect(readdirSync(root).sort()).toEqual(['a', 'b', 'c']);
});

test('a finished sample is left alone, one of other options is made anew', async () => {
  const folder = path.join(root, 'again');
  await makeSample(folder, { train: 1, val: 1 });
  const image = path.join(folder, 'images', 'train', 'street-0001.png');
  const made = statSync(image).mtimeMs;
  await makeSample(folder, { train: 1, val: 1 });
  expect(statSync(image).mtimeMs).toBe(made);
  await makeSample(folder, { train: 1, val: 2 });
  expect(openDataset(folder).items).toHaveLength(3);
});

test('an empty folder is used; anything else in it is kept and told', async () => {
  const empty = path.join(root, 'empty');
  mkdirSync(empty);
  await makeSample(empty, { train: 1, val: 1 });
  expect(openDataset(empty).items).toHaveLength(2);
  const other = path.join(root, 'other');
  mkdirSync(other);
  writeFileSync(path.join(other, 'mine.txt'), 'precious');
  await expect(makeSample(other, small)).rejects.toThrow(Problem);
  await expect(makeSample(other, small)).rejects.toThrow(/holds something else/);
  expect(readFileSync(path.join(other, 'mine.txt'), 'utf8')).toBe('precious');
  const file = path.join(other, 'mine.txt');
  await expect(makeSample(path.join(file, 'sample'), small)).rejects.toThrow(Problem);
});

test('an aborted one leaves nothing', async () => {
  const folder = path.join(root, 'aborted', 'sample');
  const controller = new AbortController();
  const making = makeSample(folder, { ...small, signal: controller.signal, onProgress: () => controller.abort() });
  await expect(making).rejects.toThrow(/abort/);
  expect(readdirSync(path.dirname(folder))).toEqual([]);
});

describe('the scenes', () => {
  const scenes = Array.from({ length: 16 }, (_, number) => drawScene(1, number, SAMPLE_WIDTH, SAMPLE_HEIGHT));
  const total = new Array(256).fill(0);
  for (const { labels } of scenes) for (const label of labels) total[label]++;
  const all = scenes.length * SAMPLE_WIDTH * SAMPLE_HEIGHT;

  test('every class is there, in sensible shares; nothing else but ignore', () => {
    const shares = total.map((count) => count / all);
    expect(
      total.reduce((sum, count, label) => sum + (label < SAMPLE_CLASSES.length || label === IGNORE ? count : 0), 0),
    ).toBe(all);
    SAMPLE_CLASSES.forEach((one, label) => {
      expect(shares[label], one.name).toBeGreaterThan(0.002);
      expect(shares[label], one.name).toBeLessThan(0.45);
    });
    expect(shares[IGNORE]).toBeGreaterThan(0);
    expect(shares[IGNORE]).toBeLessThan(0.02);
  });

  test('there are poles of one to three pixels and people of less than a dozen', () => {
    let thin = 0;
    let small = 0;
    for (const { labels } of scenes) {
      for (let y = 0; y < SAMPLE_HEIGHT; y += 8) {
        for (let x = 1, run = 0; x < SAMPLE_WIDTH; x++) {
          if (labels[y * SAMPLE_WIDTH + x] === 5) run++;
          else {
            if (run >= 1 && run <= 3) thin++;
            run = 0;
          }
        }
      }
      for (let x = 0; x < SAMPLE_WIDTH; x += 2) {
        let run = 0;
        for (let y = 0; y < SAMPLE_HEIGHT; y++) {
          if (labels[y * SAMPLE_WIDTH + x] === 8) run++;
          else {
            if (run >= 1 && run <= 12) small++;
            run = 0;
          }
        }
      }
    }
    expect(thin).toBeGreaterThan(100);
    expect(small).toBeGreaterThan(100);
  });

  test('no two scenes are alike, and light and noise vary', () => {
    const means = scenes.map(({ image }) => image.reduce((sum, value) => sum + value, 0) / image.length);
    expect(Math.max(...means) - Math.min(...means)).toBeGreaterThan(25);
    expect(new Set(scenes.map(({ image }) => sha256(image))).size).toBe(scenes.length);
  });
});
