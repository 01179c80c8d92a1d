/** `--over FIELD=SPACE`: what a sweep goes over. */
import { Problem } from '../contract/problem.ts';
import { choicesOf, type SweptField, space as schema } from '../contract/sweep.ts';

export const OVER_HELP =
  'a field and what it may be, may be repeated: methods.1.weight=log(0.1,10), augmentation.flip=linear(0,0.5), ' +
  'methods.1.params.temperature=whole(1,8), schedule.power=choices(0,0.9); a third figure of a range: how many values a grid takes of it';

/** @throws Problem where it is not of that form */
export function parseOver(text: string): SweptField {
  const [, field, kind, inside] = /^\s*([^=\s]+)\s*=\s*([a-z]+)\((.*)\)\s*$/s.exec(text) ?? [];
  if (field === undefined) throw refusal(text, 'it has another form');
  const parsed = schema.safeParse(kind === 'choices' ? { kind, choices: choicesOf(inside) } : rangeOf(kind, inside));
  if (parsed.success) return { field, space: parsed.data };
  const [issue] = parsed.error.issues;
  throw refusal(text, `${issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''}${issue.message}`);
}

function rangeOf(kind: string, inside: string): unknown {
  const [from, to, values, ...more] = inside.split(',').map((one) => (one.trim() === '' ? undefined : Number(one)));
  return more.length > 0 ? { kind } : { kind, from, to, ...(values !== undefined && { values }) };
}

function refusal(text: string, why: string): Problem {
  return new Problem(`--over does not understand “${text}”: ${why}.`, {
    next: 'For example --over "methods.1.weight=log(0.1,10)"; the others are linear, whole and choices.',
  });
}
