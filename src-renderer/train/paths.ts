/** Reading and changing a recipe by the paths that `recipes.check` speaks of, such as `methods.0.params.tau`. Pure. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const split = (path: string) => (path === '' ? [] : path.replace(/\[(\d+)\]/g, '.$1').split('.'));

/** The value at a path; undefined where there is none. */
export function getAt(value: Json | undefined, path: string): Json | undefined {
  let at: Json | undefined = value;
  for (const key of split(path)) {
    if (at === null || typeof at !== 'object') return undefined;
    at = Array.isArray(at) ? at[Number(key)] : at[key];
  }
  return at;
}

/** A copy with another value at a path; undefined takes the entry out. What the copy shares with the old one is unchanged. */
export function setAt(value: Json | undefined, path: string, next: Json | undefined): Json {
  const [key, ...rest] = split(path);
  if (key === undefined) return next ?? null;
  if (Array.isArray(value)) {
    const copy = [...value];
    const index = Number(key);
    if (next === undefined && rest.length === 0) copy.splice(index, 1);
    else copy[index] = setAt(copy[index], rest.join('.'), next);
    return copy;
  }
  const copy = { ...(value !== null && typeof value === 'object' ? value : {}) };
  if (next === undefined && rest.length === 0) delete copy[key];
  else copy[key] = setAt(copy[key], rest.join('.'), next);
  return copy;
}

/** The same path however its places in lists are written. */
export function plainPath(path: string): string {
  return split(path).join('.');
}

/** What is said about a field: the problems at its path, or below it where the form shows it as one field. */
export function problemAt(
  problems: readonly { field: string; message: string }[],
  path: string,
  below = false,
): string | undefined {
  return problems.find(({ field }) => {
    const at = plainPath(field);
    return at === path || (below && at.startsWith(`${path}.`));
  })?.message;
}
