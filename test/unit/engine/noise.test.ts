import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { withoutNoise } from '../../../src-main/engine/noise.ts';

async function filtered(pieces: string[]): Promise<string> {
  return text(Readable.from(pieces).pipe(withoutNoise()));
}

test("TensorFlow's words at loading are dropped, also when they come in pieces", async () => {
  const pieces = [
    'before\nWARNING: All log messages before absl::Init',
    'ializeLog() is called are written to STDERR\nI0000 00:00:1 1 port.cc:153] oneDNN custom operations are on. You\n',
    'I0000 00:00:1 1 x.cc:1] Something that matters\nWARNING: a real one\n',
  ];
  expect(await filtered(pieces)).toBe('before\nI0000 00:00:1 1 x.cc:1] Something that matters\nWARNING: a real one\n');
});

test('a line that is not ended is passed on, at the end at the latest', async () => {
  expect(await filtered(['\rGetting 10 %', '\rGetting 20 %'])).toBe('\rGetting 10 %\rGetting 20 %');
  expect(await filtered(['Waiting'])).toBe('Waiting');
});
