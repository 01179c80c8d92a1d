import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { LabelSession } from '../../../src-renderer/annotate/session.ts';
import { MemoryJournal, newSession } from './label-journal.ts';

const NONE = new Set<number>();
const settled = async (session: LabelSession) => expect.poll(() => session.save.kind).toBe('saved');

const count = (classes: Uint8Array, value: number) => classes.filter((one) => one === value).length;

function draw(session: LabelSession, y: number, from: number, to: number, value: number): void {
  const stroke = session.begin(NONE);
  stroke.span(y, from, to, value);
  stroke.setShape(value + 1, { id: value + 1, class: value, rings: [[from, y, to, y, to, y + 1]] });
  session.commit(stroke, 'brush');
}

test('the journal leads to the same document as the window shows, whatever was drawn, undone and done again', async () => {
  const deed = fc.oneof(
    fc.record({
      y: fc.integer({ min: 0, max: 9 }),
      from: fc.integer({ min: 0, max: 290 }),
      length: fc.integer({ min: 1, max: 60 }),
      value: fc.integer({ min: 0, max: 4 }),
    }),
    fc.constantFrom('undo' as const, 'redo' as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 25 }), async (deeds) => {
      const { session, journal } = newSession(300, 10);
      for (const [turn, what] of deeds.entries()) {
        if (typeof what === 'string') await session.step(what === 'redo');
        else draw(session, what.y, what.from, what.from + what.length, what.value);
        // Asked for now and then only, as by the list of classes.
        if (turn % 3 === 0) expect(session.counts[0]).toBe(count(session.document.classes, 0));
      }
      await settled(session);
      const played = journal.play(300, 10);
      expect(played.classes).toEqual(session.document.classes);
      expect([...played.shapes].sort()).toEqual([...session.document.shapes].sort());
      for (const value of [0, 1, 2, 3, 4, 255]) {
        expect(session.counts[value], `class ${value}`).toBe(count(played.classes, value));
      }
      expect(journal.entries.map(({ sequence }) => sequence)).toEqual(journal.entries.map((_, index) => index + 1));
    }),
    { numRuns: 30 },
  );
});

const failed = async (session: LabelSession) => expect.poll(() => session.save.kind).toBe('failed');

test('strokes that the host refuses stay in the window and are saved in order later', async () => {
  const { session, journal } = newSession(20, 2);
  journal.failures.push({ after: false, message: 'The disk is full.' });
  draw(session, 0, 0, 5, 1);
  draw(session, 1, 0, 5, 2);
  await failed(session);
  expect(session.save).toMatchObject({ waiting: 2, reason: 'The disk is full.' });
  expect(session.document.classes[0]).toBe(1);
  session.retry();
  await settled(session);
  expect(journal.play(20, 2).classes).toEqual(session.document.classes);
});

test('a stroke and an undo whose answers were lost are not added twice', async () => {
  const { session, journal } = newSession(20, 2);
  journal.failures.push({ after: true, message: 'The connection was lost.' });
  draw(session, 0, 0, 5, 1);
  await failed(session);
  session.retry();
  await settled(session);
  journal.failures.push({ after: true, message: 'The connection was lost.' });
  await session.step(false);
  await failed(session);
  session.retry();
  await settled(session);
  expect(journal.entries.map(({ of }) => of)).toEqual([null, 1]);
});

test('an undo from elsewhere under its number is not taken for a stroke that never arrived', async () => {
  const { session, journal } = newSession(20, 2);
  draw(session, 0, 0, 5, 1);
  await settled(session);
  journal.failures.push({ after: false, message: 'The connection was lost.' });
  draw(session, 1, 0, 5, 2);
  await failed(session);
  await journal.undo(session.item, 1, 1, false);
  session.retry();
  await expect.poll(() => session.save).toMatchObject({ waiting: 1, reason: 'Another entry was added meanwhile.' });
  session.abandon();
});

test('what was drawn before the window was opened can be undone and done again', async () => {
  const before = newSession(20, 2);
  draw(before.session, 0, 2, 9, 3);
  await settled(before.session);
  const { journal } = before;
  const { session } = newSession(20, 2, journal, { sequence: 1, undo: [1] });
  session.document.classes.set(before.session.document.classes);
  for (const [id, shape] of before.session.document.shapes) session.document.shapes.set(id, shape);
  const entry = vi.spyOn(journal, 'entry');
  expect(await session.step(false)).toBe(true);
  expect(session.document.classes.every((value) => value === 255)).toBe(true);
  expect(session.document.shapes.size).toBe(0);
  expect(await session.step(true)).toBe(true);
  expect(session.document.classes).toEqual(before.session.document.classes);
  expect(session.document.shapes).toEqual(before.session.document.shapes);
  expect(entry).toHaveBeenCalledTimes(1);
  expect(session.canRedo).toBe(false);
});

test('an entry that cannot be fetched leaves all as it was', async () => {
  const { session } = newSession(20, 2, new MemoryJournal(), { sequence: 1, undo: [1] });
  await expect(session.step(false)).rejects.toThrow('There is no entry 1.');
  expect(session.busy).toBe(false);
  expect(session.canUndo).toBe(true);
});

test('only what changed is drawn anew, in strokes and in undoing', async () => {
  const { session } = newSession(600, 10);
  let calls = 0;
  session.onPixels(() => calls++);
  const stroke = session.begin(NONE);
  stroke.span(3, 10, 20, 1);
  session.show(stroke);
  expect(session.labels.dirty).toEqual({ x: 10, y: 3, width: 10, height: 1 });
  session.labels.dirty = null;
  session.commit(stroke, 'brush');
  expect(session.labels.dirty).toBeNull();
  await session.step(false);
  // Of undoing the tile is known.
  expect(session.labels.dirty).toEqual({ x: 0, y: 0, width: 256, height: 10 });
  expect(calls).toBe(2);
});
