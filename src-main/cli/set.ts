/** `--set a.b=value`: single values of a recipe from the command line. */
import { Problem } from '../contract/problem.ts';
import { setField } from '../contract/recipe-fields.ts';

/**
 * A recipe with values set, the last one winning.
 * @param settings `path=value`, paths as in `setField`; a value is JSON, or text where it is none
 * @throws Problem where a setting has no `=` or its path leads nowhere
 */
export function applySettings(recipe: unknown, settings: string[]): unknown {
  const changed = structuredClone(recipe);
  for (const setting of settings) {
    const [, path, text] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
    if (path === undefined) {
      throw new Problem(`--set takes field=value, not “${setting}”.`, { next: 'For example --set schedule.steps=60.' });
    }
    setField(changed, path, parseValue(text));
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
