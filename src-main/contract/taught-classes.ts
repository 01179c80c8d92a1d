/** Which classes each teacher of a run teaches, in words. Pure. */

/**
 * @param best by class the place of its teacher; null: all teach it
 * @param teachers names, the first teacher's first
 * @returns a row for each teacher, and one for what all teach where there is such a class
 */
export function classesByTeacher(
  best: readonly (number | null)[],
  teachers: readonly string[],
  classes: readonly { name: string }[],
): [string, string][] {
  const taught = (place: number | null) => classes.filter((_, c) => best[c] === place).map(({ name }) => name);
  // Two models may be called the same.
  const named = teachers.map((name, k) => (teachers.indexOf(name) < k ? `${name} (${k + 1})` : name));
  const rows = named.map((name, k): [string, string] => [name, taught(k).join(', ') || 'no class']);
  const all = taught(null);
  return all.length > 0 ? [...rows, ['the mean of all', all.join(', ')]] : rows;
}
