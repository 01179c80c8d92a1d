/** What the form of a sweep begins with: the fields of a recipe, and what each might be. Pure. */
import { choicesOf, type Space, type SweptField } from '../../src-main/contract/sweep.ts';
import type { MethodInfo } from '../../src-main/contract/window.ts';
import { getAt, type Json } from './paths.ts';
import { schemaFields } from './schema-fields.ts';

/** One row of the form: as typed, whatever the kind. */
export interface Row {
  /** For React. */
  key: number;
  field: string | null;
  kind: Space['kind'];
  from: string;
  to: string;
  values: string;
  choices: string;
}

/** Not what a run is tried with, but which it is, or what else decides. */
const FIXED = new RegExp(
  `^(?:${[
    'version|name|data\\..*|evaluation\\..*|checkpoint\\..*|memory\\..*|student\\.start',
    'teacher\\.(?:model|others.*)|target\\..*|methods\\.\\d+\\.method',
  ].join('|')})$`,
);

/** The paths of a recipe's single values, with those of its methods' options that it leaves out. */
export function sweepFields(recipe: Json, methods: readonly MethodInfo[]): string[] {
  const paths: string[] = [];
  const walk = (value: Json, path: string) => {
    if (value !== null && typeof value === 'object') {
      for (const [key, inner] of Object.entries(value)) walk(inner, path === '' ? key : `${path}.${key}`);
    } else if (!FIXED.test(path)) paths.push(path);
  };
  walk(recipe, '');
  const terms = (getAt(recipe, 'methods') ?? []) as { method: string }[];
  terms.forEach((term, index) => {
    const params = methods.find(({ id }) => id === term.method)?.params;
    for (const { name } of params ? schemaFields(params) : []) paths.push(`methods.${index}.params.${name}`);
  });
  return [...new Set(paths)];
}

/** The value that a field has now: the recipe's, or the default of the method's option. */
export function fieldValue(recipe: Json, methods: readonly MethodInfo[], path: string): Json | undefined {
  const value = getAt(recipe, path);
  const [, index, name] = /^methods\.(\d+)\.params\.(\w+)$/.exec(path) ?? [];
  if (value !== undefined || name === undefined) return value;
  const params = methods.find(({ id }) => id === getAt(recipe, `methods.${index}.method`))?.params;
  return params && schemaFields(params).find((field) => field.name === name)?.initial;
}

/** A row for a field: a range around what it is now, ten times less to ten times more for what is no whole number. */
export function rowFor(key: number, field: string | null, value: Json | undefined): Row {
  const row: Row = { key, field, kind: 'choices', from: '', to: '', values: '', choices: '' };
  if (typeof value === 'boolean') return { ...row, choices: 'false, true' };
  if (typeof value !== 'number') return { ...row, choices: value == null ? '' : String(value) };
  const fraction = !Number.isInteger(value) || /weight$|temperature$/i.test(field ?? '');
  if (value > 0 && fraction) return { ...row, kind: 'log', from: short(value / 10), to: short(value * 10) };
  if (value === 0) return { ...row, kind: 'linear', from: '0', to: '1' };
  return { ...row, kind: 'whole', from: String(Math.max(0, Math.floor(value / 2))), to: String(value * 2) };
}

const short = (value: number) => String(Number(value.toPrecision(6)));
const number = (text: string) => (text.trim() === '' ? Number.NaN : Number(text.trim().replace(',', '.')));

/** What a row says; null where it has no field yet or a figure is missing. */
export function sweptField({ field, kind, from, to, values, choices }: Row, grid: boolean): SweptField | null {
  if (field === null) return null;
  if (kind === 'choices') {
    return choices.trim() === '' ? null : { field, space: { kind, choices: choicesOf(choices) } };
  }
  const ends = { from: number(from), to: number(to) };
  if (Number.isNaN(ends.from) || Number.isNaN(ends.to)) return null;
  const count = grid && values.trim() !== '' ? { values: number(values) } : {};
  return { field, space: { kind, ...ends, ...count } };
}
