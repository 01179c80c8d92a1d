import type { Command, Place } from './list.ts';

/** Whether a key is a letter, digit or sign alone: then it must not act while text is typed. */
export function isPlainKey(key: string): boolean {
  return !/^(\$mod|Alt|Control|Meta)\+/.test(key) && !/^F\d+$/.test(key);
}

const NAMES: Record<string, string> = {
  // Signs that need Shift on some keyboards, as they are printed on the key.
  'Shift+Equal': '+',
  'Shift+?': '?',
  BracketLeft: '[',
  BracketRight: ']',
  ArrowRight: '→',
  ArrowLeft: '←',
  Escape: 'Esc',
};

/** Whether a key edits or chooses the text in a field while one is being typed in. */
export function isTextKey(key: string): boolean {
  return /^\$mod\+(Shift\+)?[azy]$/i.test(key);
}

/** A key as people read it: `$mod+Shift+P` → `Ctrl+Shift+P`, on macOS `⌘⇧P`. */
export function showKey(key: string, mac = false): string {
  const ending = Object.keys(NAMES).find((name) => key.endsWith(name));
  const parts = (ending ? key.slice(0, -ending.length) : key).split(/\+(?=.)|\+$/).filter(Boolean);
  if (ending) parts.push(NAMES[ending]);
  else {
    const last = parts.pop() ?? '';
    parts.push(last.length === 1 ? last.toUpperCase() : last);
  }
  const mods: Record<string, string> = mac ? { $mod: '⌘', Shift: '⇧', Alt: '⌥' } : { $mod: 'Ctrl' };
  return parts.map((part) => mods[part] ?? part).join(mac ? '' : '+');
}

/** Whether a command can be given at this place. */
export function actsAt(command: Pick<Command, 'where'>, place: Place): boolean {
  return !command.where || command.where.includes(place);
}

/** Pairs of commands that share a key at some place: there must be none, or a key would do two things. */
export function conflicts(commands: readonly Command[]): [string, string, string][] {
  const found: [string, string, string][] = [];
  for (const [index, one] of commands.entries()) {
    for (const two of commands.slice(index + 1)) {
      const meet = !one.where || !two.where || one.where.some((place) => two.where?.includes(place));
      if (!meet) continue;
      for (const key of one.keys ?? []) {
        if (two.keys?.some((other) => other.toLowerCase() === key.toLowerCase())) found.push([key, one.id, two.id]);
      }
    }
  }
  return found;
}

/** Whether the user is typing text there. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range'].includes(target.type);
}
