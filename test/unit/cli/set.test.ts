import { expect, test } from 'vitest';
import { applySettings } from '../../../src-main/cli/set.ts';

const RECIPE = {
  name: 'a',
  schedule: { steps: 10 },
  methods: [
    { method: 'ce', weight: 1 },
    { method: 'kd', weight: 2 },
  ],
};

test('values are JSON, or text where they are none; the last one wins; the recipe that was read is left alone', () => {
  const changed = applySettings(RECIPE, [
    'schedule.steps=20',
    'schedule.steps=60',
    'name=Two words = one name',
    'crop=[64, 32]',
    'methods.1.weight=0.5',
    'data.evaluationSplit=null',
    'seed="7"',
  ]);
  expect(changed).toEqual({
    name: 'Two words = one name',
    schedule: { steps: 60 },
    methods: [
      { method: 'ce', weight: 1 },
      { method: 'kd', weight: 0.5 },
    ],
    crop: [64, 32],
    data: { evaluationSplit: null },
    seed: '7',
  });
  expect(RECIPE.schedule.steps).toBe(10);
});

test('what leads nowhere is refused by its name', () => {
  const refused: [string, RegExp][] = [
    ['steps', /--set takes field=value, not “steps”/],
    ['=3', /--set takes field=value/],
    ['methods.2.weight=1', /methods\.2\.weight leads nowhere: the list has 2 entries/],
    ['methods.first=1', /methods\.first leads nowhere/],
    ['schedule.steps.more=1', /schedule\.steps\.more leads nowhere: “schedule\.steps” is a single value/],
    ['schedule..steps=1', /leads nowhere: “” is no field/],
    ['__proto__.polluted=1', /__proto__\.polluted leads nowhere/],
    ['constructor.prototype.polluted=1', /leads nowhere/],
  ];
  for (const [setting, words] of refused) expect(() => applySettings(RECIPE, [setting]), setting).toThrow(words);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});
