import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { randomBits } from '../../../src-main/base/random.ts';
import { newDocument, PLANES } from '../../../src-main/labels/document.ts';
import { applyPatch, patchPixels } from '../../../src-main/labels/patch.ts';
import { Stroke } from '../../../src-main/labels/stroke.ts';

const SIZE = [300, 270] as const;

/** Patches of several tiles and of all planes. */
function patches(): Uint8Array[] {
  return [0, 9].map((instance) => {
    const stroke = new Stroke(newDocument(...SIZE));
    for (let y = 200; y < 265; y += 3) stroke.span(y, 240 - y / 2, 290, y % 11, instance);
    return stroke.finish()!.patch!;
  });
}

/** The `n`th damage: to the deflated bytes, or to what is in them. */
function damaged(patch: Uint8Array, n: number): Uint8Array {
  const draw = (below: number, ...index: number[]) => randomBits(11, 'patch', n, ...index) % below;
  const inside = draw(2, 0) === 0;
  const bytes = Uint8Array.from(inside ? inflateRawSync(patch) : patch);
  // The heads of tiles are few among their values.
  const reach = inside && draw(2, 1) === 0 ? 6 : bytes.length;
  for (let i = 0; i <= draw(4, 2); i++) bytes[draw(reach, 3, i)] = draw(256, 4, i);
  const cut = draw(4, 5) === 0 ? bytes.subarray(0, draw(bytes.length, 6)) : bytes;
  return inside ? deflateRawSync(cut) : cut;
}

test('10,000 damaged patches are refused and change nothing, or apply and undo themselves', () => {
  const sources = patches();
  const document = newDocument(...SIZE);
  const untouched = newDocument(...SIZE);
  const same = () =>
    PLANES.every((plane) => Buffer.from(document[plane].buffer).equals(Buffer.from(untouched[plane].buffer)));
  let refused = 0;
  for (let n = 0; n < 10_000; n++) {
    const patch = damaged(sources[n % sources.length], n);
    const started = performance.now();
    try {
      const pixels = patchPixels(document, patch);
      expect(applyPatch(document, patch).pixels).toBe(pixels);
      applyPatch(document, patch);
    } catch (error) {
      if (!(error instanceof Error) || error instanceof TypeError) throw new Error(`patch ${n}`, { cause: error });
      refused++;
    }
    expect(performance.now() - started).toBeLessThan(2000);
    if (n % 20 === 0) expect(same(), `patch ${n}`).toBe(true);
  }
  expect(same()).toBe(true);
  expect(refused).toBeGreaterThan(1000);
  expect(refused).toBeLessThan(9000);
});
