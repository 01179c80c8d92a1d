import { expect, test } from 'vitest';
import { fill } from '../../../src-renderer/annotate/tools/fill.ts';
import type { Keys, Work } from '../../../src-renderer/annotate/tools/tool.ts';
import { newSession } from './label-journal.ts';

const KEYS: Keys = { shift: false, alt: false, ctrl: false };

test.each([false, true])('a fill leaves locked classes as they are; everywhere: %s', (everywhere) => {
  const { session } = newSession(8, 1);
  session.document.classes.set([1, 1, 3, 3, 1, 1, 3, 3]);
  const tool = fill({
    session,
    label: 2,
    options: { everywhere },
    begin: () => session.begin(new Set([1])),
    commit: (stroke, name) => session.commit(stroke, name),
  } as Work);
  tool.down!({ x: 0.5, y: 0.5 }, KEYS);
  expect(session.canUndo).toBe(false);
  tool.down!({ x: 2.5, y: 0.5 }, KEYS);
  const right = everywhere ? 2 : 3;
  expect([...session.document.classes]).toEqual([1, 1, 2, 2, 1, 1, right, right]);
});
