import { expect, test } from 'vitest';
import { resetDraft, useDraft } from '../../../src-renderer/train/draft.ts';

test('nothing that one project counts by its own numbers is left for the next one', () => {
  const state = useDraft.getState();
  state.replace({ name: 'Mine' });
  state.setTeacher(3);
  state.setOthers([4]);
  state.setStart(5);
  state.setTarget(6);
  state.setTab('json');
  useDraft.setState({ best: [0, 1], evaluatedOn: 'Evaluated on val of the target avenues.' });
  resetDraft();
  const { recipe, teacher, others, teacherChosen, start, target, best, evaluatedOn, tab } = useDraft.getState();
  expect({ recipe, teacher, others, teacherChosen, start, target, best, evaluatedOn }).toEqual({
    recipe: null,
    teacher: null,
    others: [],
    teacherChosen: false,
    start: null,
    target: null,
    best: null,
    evaluatedOn: null,
  });
  expect(tab).toBe('json');
});
