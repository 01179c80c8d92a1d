/** `--set a.b=value`: single values of a recipe from the command line. */
import { Problem } from '../contract/problem.ts';

/**
 * A recipe with values set, the last one winning. Fields that the recipe's schema knows but the file leaves out are
 * made; whether a value fits is for the recipe's own check to say.
 * @param settings `path=value`; a path goes through fields and list positions (`methods.0.weight`), a value is JSON, or
 *   text where it is none
 * @throws Problem where a setting has no `=` or its path leads nowhere
 */
export function applySettings(recipe: unknown, settings: string[]): unknown {
  const changed = structuredClone(recipe);
  for (const setting of settings) {
    const [, path, text] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
    if (path === undefined) {
      throw new Problem(`--set takes field=value, not “${setting}”.`, { next: 'For example --set schedule.steps=60.' });
    }
    setOne(changed, path, parseValue(text));
  }
  return changed;
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function setOne(recipe: unknown, path: string, value: unknown): void {
  const names = path.trim().split('.');
  let place = recipe;
  names.forEach((name, i) => {
    const last = i === names.length - 1;
    if (Array.isArray(place)) {
      const at = Number(name);
      if (!/^\d+$/.test(name) || at >= place.length)
        throw nowhere(path, `the list has ${place.length} entries, from 0`);
      if (last) place[at] = value;
      else place = place[at];
    } else if (isGroup(place)) {
      if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name) || name in Object.prototype)
        throw nowhere(path, `“${name}” is no field`);
      if (last) place[name] = value;
      else {
        place[name] ??= {};
        place = place[name];
      }
    } else throw nowhere(path, `“${names.slice(0, i).join('.')}” is a single value`);
  });
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function nowhere(path: string, why: string): Problem {
  return new Problem(`--set ${path} leads nowhere: ${why}.`, { where: path, next: 'Check the field’s name.' });
}
