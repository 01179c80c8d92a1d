import { expect, test } from 'vitest';
import { conflicts, isPlainKey, showKey } from '../../../src-renderer/commands/keys.ts';
import { COMMANDS, type Command } from '../../../src-renderer/commands/list.ts';

test('no key means two things at one place', () => {
  expect(conflicts(COMMANDS)).toEqual([]);
});

test('a key that is used twice is found, whatever its case, but not in views that never meet', () => {
  const one: Command = { id: 'one', title: 'One', menu: 'File', keys: ['$mod+k'], where: ['browse'] };
  expect(conflicts([one, { ...one, id: 'two', keys: ['$mod+K'] }])).toEqual([['$mod+k', 'one', 'two']]);
  expect(conflicts([one, { ...one, id: 'two', where: ['train'] }])).toEqual([]);
  expect(conflicts([one, { ...one, id: 'two', where: undefined }])).toHaveLength(1);
});

test('each command has one id', () => {
  expect(new Set(COMMANDS.map(({ id }) => id)).size).toBe(COMMANDS.length);
});

test('keys that write something act only while no text is typed', () => {
  expect(['d', 'Shift+D', '/', 'ArrowRight', '0', 'Shift+?'].every(isPlainKey)).toBe(true);
  expect(['$mod+d', 'Alt+1', 'F1'].some(isPlainKey)).toBe(false);
});

test.each([
  ['$mod+Shift+P', 'Ctrl+Shift+P', '⌘⇧P'],
  ['$mod+-', 'Ctrl+-', '⌘-'],
  ['$mod+,', 'Ctrl+,', '⌘,'],
  ['$mod+Enter', 'Ctrl+Enter', '⌘Enter'],
  ['$mod+ArrowRight', 'Ctrl+→', '⌘→'],
  ['Shift+?', '?', '?'],
  ['d', 'D', 'D'],
  ['F1', 'F1', 'F1'],
])('%s is shown as %s, on a Mac as %s', (key, shown, mac) => {
  expect(showKey(key)).toBe(shown);
  expect(showKey(key, true)).toBe(mac);
});
