/** Single fields of a recipe by their paths, such as `methods.1.weight` or `optimizer.learningRate`. */
import { Problem } from './problem.ts';

/**
 * Sets one field. Fields that the file leaves out are made; whether the value fits is for the recipe's own check to say.
 * @param recipe is changed
 * @param path goes through fields and positions in lists, from 0
 * @throws Problem where the path leads nowhere
 */
export function setField(recipe: unknown, path: string, value: unknown): void {
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
  return new Problem(`The field ${path} leads nowhere: ${why}.`, { where: path, next: 'Check the field’s name.' });
}
