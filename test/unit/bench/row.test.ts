import { expect, test } from 'vitest';
import { chosen, type Measured, missing, rowOf, tableText } from '../../bench/row.ts';

const measured: Measured = {
  unit: 'seconds',
  ours: 0.5,
  peer: 0.4,
  peerName: 'PyTorch 2.13.0, contiguous',
  ratio: 1.25,
  spread: 0.0125,
  notes: ['A note.'],
};

test('a row has the fields that --json promises, and no others', () => {
  expect(Object.keys(rowOf({ name: 'step.espnet', goal: 1 }, measured))).toEqual([
    'name',
    'ours',
    'peer',
    'peerName',
    'ratio',
    'spread',
    'goal',
  ]);
});

test('a row that could not be measured has nulls and the reason', () => {
  const row = rowOf({ name: 'apd', goal: 1.1 }, missing('seconds', 'there is no method apd.* yet'));
  const nothing = { ours: null, peer: null, ratio: null, spread: null };
  expect(row).toEqual({ name: 'apd', goal: 1.1, ...nothing, peerName: 'there is no method apd.* yet' });
});

const specs = ['step.espnet', 'step.bisenetv2', 'memory.espnet', 'dsd', 'dsd.cached'].map((name) => ({ name }));

test('rows are chosen by name or pattern, in the order of the table', () => {
  const names = (...only: string[]) => chosen(specs, only).map(({ name }) => name);
  expect(names()).toHaveLength(5);
  expect(names('dsd')).toEqual(['dsd']);
  expect(names('*.espnet', 'step.bisenetv2')).toEqual(['step.espnet', 'step.bisenetv2', 'memory.espnet']);
  expect(names('dsd*')).toEqual(['dsd', 'dsd.cached']);
});

test('a dot in a name is a dot', () => {
  expect(() => chosen([{ name: 'stepXespnet' }], ['step.espnet'])).toThrow();
});

test('a name that fits no row is refused with those there are', () => {
  expect(() => chosen(specs, ['dsd', 'speed'])).toThrow(/“speed”.*step\.espnet, .*dsd\.cached/);
});

test('the table shows each amount in its unit, and whether the goal is met', () => {
  const row = (name: string, goal: number | null, change: Partial<Measured>) => {
    const all = { ...measured, ...change };
    return { row: rowOf({ name, goal }, all), unit: all.unit };
  };
  const text = tableText([
    row('step.espnet', 1, {}),
    row('memory.espnet', 1.2, { unit: 'bytes', ours: 2 ** 30, peer: 2 ** 30, ratio: 1.2 }),
    row('wait', 0.03, { unit: 'share', ours: 0.0125, peer: null, ratio: 0.0125, spread: null, peerName: 'the run' }),
    row('nodes', 1, { unit: 'count', ours: 274, peer: 500, ratio: 0.548, spread: null, peerName: 'the goal' }),
    row('start', null, { ours: 2.5, peer: null, ratio: null, spread: null, peerName: 'nobody' }),
  ]);
  const cells = text.split('\n').map((line) => line.split(/\s{2,}/));
  expect(cells[1]).toEqual([
    'step.espnet',
    '500.0 ms',
    '400.0 ms',
    '1.250',
    '± 0.013',
    '1.000',
    'missed',
    'PyTorch 2.13.0, contiguous',
  ]);
  expect(cells[2].slice(1, 7)).toEqual(['1024 MiB', '1024 MiB', '1.200', '± 0.013', '1.200', 'met']);
  expect(cells[3].slice(1, 7)).toEqual(['1.25 %', '–', '1.25 %', '–', '3.00 %', 'met']);
  expect(cells[4].slice(1, 7)).toEqual(['274', '500', '0.548', '–', '1.000', 'met']);
  expect(cells[5]).toEqual(['start', '2.500 s', '–', '–', '–', '–', 'nobody']);
});
