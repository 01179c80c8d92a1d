/** What the window does when somebody paints: for tests of the host. */
import { randomBits } from '../../../src-main/base/random.ts';
import type { LabelEditRecord } from '../../../src-main/contract/annotation.ts';
import { resources } from '../../../src-main/contract/resources.ts';
import type { LabelDocument } from '../../../src-main/labels/document.ts';
import { unpackPlanes } from '../../../src-main/labels/planes.ts';
import { Stroke, type StrokeResult } from '../../../src-main/labels/stroke.ts';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';

/** An item's planes as the window fetches them. @param at as after this entry */
export async function fetchPlanes(host: Workbench, item: number, at?: number): Promise<LabelDocument> {
  const answer = await host.resource(new Request(`http://host${resources.annotation(item, at)}`));
  if (answer.status !== 200) throw new Error(await answer.text());
  const size = [Number(answer.headers.get('x-width')), Number(answer.headers.get('x-height'))] as const;
  return unpackPlanes(...size, new Uint8Array(await answer.arrayBuffer()));
}

/**
 * Paints rows in the document, as a tool of the window would, and gives what is sent for it. Where the rows have these
 * classes already it goes on painting: a stroke that changes nothing is not sent.
 */
export function paint(document: LabelDocument, seed: number, instance = 0): LabelEditRecord {
  const { width, height } = document;
  const stroke = new Stroke(document);
  for (let i = 0; ; i++) {
    const from = randomBits(seed, 'from', i) % (width - 2);
    stroke.span(randomBits(seed, 'row', i) % height, from, from + 9, randomBits(seed, 'class', i) % 11, instance);
    if (i === 1 && instance > 0) stroke.setShape(instance, { id: instance, class: 3, rings: [[0, 0, 9, 0, 9, seed]] });
    if (i < 2) continue;
    const finished = stroke.finish();
    if (finished) return recordOf(finished);
  }
}

/** A stroke as it is sent. */
export function edit(stroke: Stroke): LabelEditRecord {
  const finished = stroke.finish();
  if (!finished) throw new Error('The stroke changed nothing.');
  return recordOf(finished);
}

function recordOf({ patch, shapes }: StrokeResult): LabelEditRecord {
  return { tool: 'brush', patch: Buffer.from(patch ?? []).toString('base64'), shapes };
}
