/**
 * The promise of annotation: a stroke that was saved is there, whatever happens to the process. The application is
 * killed in the middle of painting, again and again; `npm run test:kill` does it 200 times.
 */
import { createHash, randomInt } from 'node:crypto';
import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import type { AnnotationState, LabelEditRecord } from '../../src-main/contract/annotation.ts';
import { itemQuery } from '../../src-main/contract/item-query.ts';
import { resources } from '../../src-main/contract/resources.ts';
import type { Answers, Params, RequestName } from '../../src-main/contract/window.ts';
import { applyShapeChanges, type LabelDocument } from '../../src-main/labels/document.ts';
import { applyPatch } from '../../src-main/labels/patch.ts';
import { packPlanes, unpackPlanes } from '../../src-main/labels/planes.ts';
import { openForReading } from '../../src-main/store/database.ts';
import { writeItem } from '../unit/workbench/helpers.ts';
import { paint } from '../unit/workbench/painting.ts';
import { Scratch, startApp, stillroom, type Window } from './app.ts';

const KILLS = Number(process.env.STILLROOM_KILLS ?? 20);
const IMAGES = 2;
const SIZE = [640, 360] as const;

const scratch = new Scratch();
const project = scratch.path('project');
afterAll(() => scratch.remove());

async function ask<N extends RequestName>({ page }: Window, name: N, params: Params<N>): Promise<Answers[N]> {
  const said = await page.evaluate(
    (asked) =>
      (
        globalThis as unknown as {
          stillroom: { request(name: string, params: unknown): Promise<{ ok: boolean; answer: unknown }> };
        }
      ).stillroom.request(asked.name, asked.params),
    { name, params: params as unknown },
  );
  if (!said.ok) throw new Error(`${name} was refused: ${JSON.stringify(said)}`);
  return said.answer as Answers[N];
}

/** An image's label map as whoever paints has it. */
class Painted {
  readonly item: number;
  document!: LabelDocument;
  state!: AnnotationState;
  /** Strokes as they were sent, by the place that they have or would have. */
  private readonly edits = new Map<number, LabelEditRecord>();
  /** What the label map is like after each entry, from the first on. */
  private readonly hashes = new Map<number, string>();
  /** The last entry that was answered, and the last that was sent. */
  saved = 0;
  private sent = 0;

  constructor(item: number) {
    this.item = item;
  }

  /** Opens the image, and holds it against what is known of it. */
  async open(window: Window): Promise<void> {
    this.state = await ask(window, 'annotations.open', { item: this.item });
    const { width, height, sequence, shapes } = this.state;
    const base64 = await window.page.evaluate(
      async (url) => {
        const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
        let text = '';
        for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
        return btoa(text);
      },
      resources.annotation(this.item, sequence),
    );
    this.document = unpackPlanes(width, height, Buffer.from(base64, 'base64'));
    for (const shape of shapes) this.document.shapes.set(shape.id, shape);
    expect(sequence, 'a saved stroke is lost').toBeGreaterThanOrEqual(this.saved);
    expect(sequence).toBeLessThanOrEqual(this.sent);
    const history = await ask(window, 'annotations.history', { item: this.item });
    expect(history.map((entry) => entry.sequence)).toEqual(Array.from({ length: sequence }, (_, i) => i + 1));
    if (this.hashes.size === 0) this.hashes.set(0, this.hash());
    expect(this.hash(), 'the label map is not what was painted').toBe(this.hashes.get(sequence));
    this.saved = sequence;
    this.sent = sequence;
  }

  /** Paints, undoes or does again once more, and waits until that is saved. */
  async go(window: Window): Promise<void> {
    const { item, state } = this;
    const choice = randomInt(10);
    const redo = choice === 0;
    const of = redo ? state.redo.at(-1) : choice < 3 ? state.undo.at(-1) : undefined;
    this.sent = state.sequence + 1;
    if (of === undefined) {
      const edit = paint(this.document, randomInt(2 ** 31), choice === 9 ? 1 + randomInt(5) : 0);
      this.edits.set(this.sent, edit);
      this.hashes.set(this.sent, this.hash());
      await ask(window, 'annotations.save', { item, sequence: state.sequence, edit });
      this.state = { ...state, sequence: this.sent, undo: [...state.undo, this.sent], redo: [] };
    } else {
      const { patch, shapes } = this.edits.get(of)!;
      if (patch !== '') applyPatch(this.document, Buffer.from(patch, 'base64'));
      applyShapeChanges(this.document, shapes, !redo);
      this.hashes.set(this.sent, this.hash());
      await ask(window, 'annotations.undo', { item, sequence: state.sequence, of, redo });
      const [from, to] = redo ? (['redo', 'undo'] as const) : (['undo', 'redo'] as const);
      this.state = { ...state, sequence: this.sent, [from]: state[from].slice(0, -1), [to]: [...state[to], of] };
    }
    this.saved = this.sent;
  }

  private hash(): string {
    const shapes = [...this.document.shapes.values()].sort((a, b) => a.id - b.id);
    return createHash('sha256').update(packPlanes(this.document)).update(JSON.stringify(shapes)).digest('hex');
  }
}

test(
  `no saved stroke is lost in ${KILLS} kills`,
  async () => {
    for (let i = 0; i < IMAGES; i++) writeItem(scratch.path('streets'), 'train', `img${i}`, i, ...SIZE);
    expect((await stillroom(scratch, 'import', scratch.path('streets'), '--project', project)).code).toBe(0);
    let images: Painted[] | undefined;
    let strokes = 0;
    for (let kill = 0; kill <= KILLS; kill++) {
      const window = await startApp(scratch, [project]);
      if (!images) {
        const [{ id }] = await ask(window, 'datasets.list', {});
        const { items } = await ask(window, 'items.query', itemQuery.parse({ dataset: id }));
        images = items.map((item) => new Painted(item.id));
      }
      for (const image of images) await image.open(window);
      const database = openForReading(path.join(project, 'project.sqlite'));
      expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
      database.close();
      if (kill === KILLS) {
        await window.app.close();
        break;
      }
      const gone = new Promise((resolve) => window.app.process().once('exit', resolve));
      const killer = after(randomInt(50, 1500)).then(() => process.kill(window.app.process().pid!, 'SIGKILL'));
      let going = true;
      void gone.then(() => {
        going = false;
      });
      try {
        while (going) {
          await images[strokes % IMAGES].go(window);
          strokes++;
          // Whoever paints looks up now and then; meanwhile label maps are counted.
          if (randomInt(20) === 0) await after(randomInt(900));
        }
      } catch (error) {
        // What was under way when the process went is not answered.
        if (!/closed|crashed|destroyed/.test(String(error))) throw error;
      }
      await killer;
      await gone;
    }
    console.log(`${strokes} strokes saved, ${KILLS} kills, none lost`);
    expect(strokes).toBeGreaterThan(KILLS);
  },
  60_000 + KILLS * 20_000,
);
