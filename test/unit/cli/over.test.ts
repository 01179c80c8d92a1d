import { expect, test } from 'vitest';
import { parseOver } from '../../../src-main/cli/over.ts';

test('ranges and choices are read as they are written', () => {
  const read: [string, unknown][] = [
    ['methods.1.weight=log(0.1,10)', { kind: 'log', from: 0.1, to: 10 }],
    ['methods.1.weight = log( 1e-3 , 10, 5 )', { kind: 'log', from: 0.001, to: 10, values: 5 }],
    ['methods.1.weight=linear(-1,1)', { kind: 'linear', from: -1, to: 1 }],
    ['methods.1.weight=whole(1,8)', { kind: 'whole', from: 1, to: 8 }],
    ['methods.1.weight=choices(0.5,1)', { kind: 'choices', choices: [0.5, 1] }],
    ['methods.1.weight=choices(sgd, 2, null)', { kind: 'choices', choices: ['sgd', 2, null] }],
    ['methods.1.weight=choices([64,64],{"a":1})', { kind: 'choices', choices: [[64, 64], { a: 1 }] }],
  ];
  for (const [text, space] of read) expect(parseOver(text), text).toEqual({ field: 'methods.1.weight', space });
});

test('what is no field with a space is refused by what is wrong with it', () => {
  const refused: [string, RegExp][] = [
    ['methods.1.weight', /does not understand “methods\.1\.weight”: it has another form.*log\(0\.1,10\)/s],
    ['methods.1.weight=3', /another form/],
    ['a=log(0,1)', /from: /],
    ['a=log(2,1)', /smaller/],
    ['a=log(1)', /to: /],
    ['a=whole(1.5,2)', /from: /],
    ['a=linear(a,b)', /from: /],
    ['a=linear(1,2,3,4)', /from: /],
    ['a=gauss(1,2)', /kind: /],
    ['a=choices()', /choices: /],
  ];
  for (const [text, words] of refused) {
    let said = '';
    try {
      parseOver(text);
    } catch (error) {
      said = (error as { line: string }).line;
    }
    expect(said, text).toMatch(words);
  }
});
