import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advance, stacksOf } from '../../../src-main/labels/history.ts';

const steps = fc.array(fc.constantFrom('stroke', 'stroke', 'undo', 'undo', 'redo'), { maxLength: 60 });

test('the stacks are those of a list of states with a place in it, wherever the journal is read anew', () => {
  fc.assert(
    fc.property(steps, fc.nat(), (wanted, restart) => {
      // The model: strokes in a list, of which the first `place` are in force.
      let strokes: number[] = [];
      let place = 0;
      const journal: { sequence: number; of: number | null }[] = [];
      let stacks = stacksOf([]);
      for (const step of wanted) {
        const sequence = journal.length + 1;
        let of: number | null = null;
        if (step === 'stroke') strokes = [...strokes.slice(0, place++), sequence];
        else if (step === 'undo') {
          if (place === 0) continue;
          of = strokes[--place];
        } else {
          if (place === strokes.length) continue;
          of = strokes[place++];
        }
        journal.push({ sequence, of });
        if (journal.length === restart % 60) stacks = stacksOf(journal);
        else advance(stacks, { sequence, of });
        expect(stacks).toEqual({ undo: strokes.slice(0, place), redo: strokes.slice(place).reverse() });
      }
      expect(stacksOf(journal)).toEqual(stacks);
    }),
  );
});

test('an entry that undoes what is not next is refused, and the stacks stay', () => {
  const stacks = stacksOf([
    { sequence: 1, of: null },
    { sequence: 2, of: null },
    { sequence: 3, of: 2 },
    { sequence: 4, of: null },
  ]);
  for (const of of [1, 2, 3, 9]) expect(() => advance(stacks, { sequence: 5, of })).toThrow('is not next');
  expect(stacks).toEqual({ undo: [1, 4], redo: [] });
});
