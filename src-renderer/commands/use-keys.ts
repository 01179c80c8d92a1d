import { useEffect } from 'react';
import { tinykeys } from 'tinykeys';
import { onNews } from '../host.ts';
import { run } from './handlers.ts';
import { actsAt, isPlainKey, isTextKey, isTyping } from './keys.ts';
import { COMMANDS, type Command } from './list.ts';
import { currentPlace } from './place.ts';

/** Whether a key was meant for a dialog, a menu or a list that is open above the view. */
function isTaken(event: KeyboardEvent): boolean {
  return (
    event.target instanceof HTMLElement &&
    event.target.closest('[role="dialog"], [role="menu"], [role="listbox"]') !== null
  );
}

/** Arrow keys, Enter and the space bar belong to the control that has the focus, where it uses them. */
function isControlKey(key: string, target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (key.startsWith('Arrow'))
    return target.closest('[role="slider"], [role="tablist"], [role="grid"], [role="radiogroup"], input') !== null;
  return (key === 'Enter' || key === 'Space') && target.closest('button, a, [role="button"], input') !== null;
}

/** Listens to the keys of all commands, and to commands that the native menu gives. */
export function useKeys(): void {
  useEffect(() => {
    const byKey = new Map<string, Command[]>();
    for (const command of COMMANDS as readonly Command[]) {
      for (const key of command.keys ?? []) byKey.set(key, [...(byKey.get(key) ?? []), command]);
    }
    const bindings = Object.fromEntries(
      [...byKey].map(([key, commands]) => [
        key,
        (event: KeyboardEvent) => {
          if (isPlainKey(key) && (isTyping(event.target) || isTaken(event) || isControlKey(key, event.target))) return;
          if (isTextKey(key) && isTyping(event.target)) return;
          const meant = commands.filter((command) => actsAt(command, currentPlace()));
          if (meant.length !== 1) return;
          event.preventDefault();
          run(meant[0].id);
        },
      ]),
    );
    const end = tinykeys(window, bindings, { ignore: () => false });
    const endNews = onNews('command', ({ id }) => run(id));
    return () => {
      end();
      endNews();
    };
  }, []);
}
