/**
 * The forms of an op. Each has a plain one out of TensorFlow.js's ops, which every engine runs, and may have faster
 * ones. A fast form is taken only after it has given the plain form's numbers on a small case, at the engine's start;
 * one that fails there is switched off for this process and reported in the engine's notes.
 *
 * A form in half precision (`bfloat16`, `float16`) is no faster way to the same numbers but gives rounder ones. It is taken
 * only in code that is run in that precision (precision.ts), after a trial of its own (tryPrecision).
 *
 * To add a fast form: write it beside the plain one and name it in the op's `forms`; the op's trial tries it too.
 * To add an op: `new Op(name, forms, trial)`, and its line in registry.ts (without the line it stays plain).
 * To add a name for forms: a line in FAST, which says on which engines such forms are there at all.
 *
 *     export const reluGradient = new Op(
 *       'ReLU gradient',
 *       { plain: (dy: Tensor4D, x: Tensor4D) => …, tensorflow: (dy, x) => … },
 *       (form) => [form(wave([1, 3, 4, 2]), wave([1, 3, 4, 2], 1))],
 *     );
 *     reluGradient.form(dy, x)
 *
 * A form is a function, or several that must go together, such as a forward and the gradient that reads what it saved:
 * `{ plain: { forward, gradient }, … }`. Where an engine can do a part of the cases only (convolutions, but not dilated
 * ones), that part is an op of its own, with a trial of its own.
 */
import type { Half } from '../../contract/precision.ts';
import { type Tensor, tf } from '../tf.ts';
import { hasOwnKernels, isNative } from './kernels.ts';
import { currentPrecision, inPrecision } from './precision.ts';

/** Names of fast forms, the fastest first; `title` stands in notes, `there`: whether the running engine has them. */
const FAST = {
  own: { title: "Stillroom's kernel", there: hasOwnKernels },
  tensorflow: { title: "TensorFlow's kernel", there: isNative },
};

type FastForm = keyof typeof FAST;
export type FormName = FastForm | Half | 'plain';

export type Forms<F> = { plain: F } & Partial<Record<FastForm | Half, F>>;

/** How far a fast form may be from the plain one, as a share of the largest value. */
const TOLERANCE = 1e-4;
/** The same for forms in half precision, which round to 8 and to 11 binary digits what then partly cancels out. */
const HALF_TOLERANCE: Record<Half, number> = { bfloat16: 5e-2, float16: 6e-3 };

/** The forms taken since recordForms began, by op; null when nobody asks. */
let taken: Map<string, FormName> | null = null;

export class Op<F> {
  /** In words, as it stands in a note. */
  readonly name: string;
  private readonly forms: Forms<F>;
  private readonly trial: (form: F) => Tensor[];
  private passed: FastForm[] = [];
  private passedHalves: Half[] = [];

  /** @param trial runs a form on a small case; run under tidy, so only the answer need be given back */
  constructor(name: string, forms: Forms<F>, trial: (form: F) => Tensor[]) {
    this.name = name;
    this.forms = forms;
    this.trial = trial;
  }

  /** The fastest form that may be taken on the running engine. */
  get form(): F {
    const name = this.halfForm() ?? this.passed.find((form) => FAST[form].there()) ?? 'plain';
    taken?.set(this.name, name);
    return this.forms[name]!;
  }

  private halfForm(): Half | undefined {
    const precision = currentPrecision();
    return this.passedHalves.find((half) => half === precision);
  }

  /**
   * Tries the fast forms that are there; those that pass may be taken from now on, and no others.
   * @returns those that failed though they would be faster than what is taken, in words: `dilated convolution
   *   (TensorFlow's kernel)`
   */
  async tryForms(): Promise<string[]> {
    this.passed = [];
    this.passedHalves = [];
    const there = (Object.keys(FAST) as FastForm[]).filter((name) => this.forms[name] && FAST[name].there());
    if (there.length === 0) return [];
    const plain = await read(tf.tidy(() => this.trial(this.forms.plain)));
    const failed: string[] = [];
    for (const name of there) {
      if (await this.agrees(this.forms[name]!, plain)) this.passed.push(name);
      else if (this.passed.length === 0) failed.push(`${this.name} (${FAST[name].title})`);
    }
    return failed;
  }

  /**
   * Tries the form in half precision; where it passes, code in that precision takes it from now on.
   * @returns undefined where there is none
   */
  async tryHalf(half: Half): Promise<boolean | undefined> {
    const form = this.forms[half];
    if (!form || !isNative()) return undefined;
    if (this.passedHalves.includes(half)) return true;
    const plain = await read(tf.tidy(() => this.trial(this.forms.plain)));
    const passes = await this.agrees(form, plain, half);
    if (passes) this.passedHalves.push(half);
    return passes;
  }

  private async agrees(form: F, plain: Values[], half?: Half): Promise<boolean> {
    try {
      const values = await read(inPrecision(half ?? 'float32', () => tf.tidy(() => this.trial(form))));
      const tolerance = half ? HALF_TOLERANCE[half] : TOLERANCE;
      return values.length === plain.length && values.every((one, i) => close(one, plain[i], tolerance));
    } catch {
      return false;
    }
  }
}

/**
 * Tries the fast forms of these ops on the running engine.
 * @returns a sentence that names those that are switched off now; undefined when all work
 */
export async function tryForms(ops: readonly Pick<Op<unknown>, 'tryForms'>[]): Promise<string | undefined> {
  const failed: string[] = [];
  for (const op of ops) failed.push(...(await op.tryForms()));
  if (failed.length === 0) return undefined;
  return `Slower forms stand in for what fails or computes wrong numbers on this machine: ${failed.join(', ')}.`;
}

/**
 * Tries the forms of these ops in half precision on the running engine.
 * @returns the names of those that compute in it from now on, and of those whose form failed
 */
export async function tryPrecision(
  ops: readonly Pick<Op<unknown>, 'name' | 'tryHalf'>[],
  half: Half,
): Promise<{ passed: string[]; failed: string[] }> {
  const passed: string[] = [];
  const failed: string[] = [];
  for (const op of ops) {
    const passes = await op.tryHalf(half);
    if (passes !== undefined) (passes ? passed : failed).push(op.name);
  }
  return { passed, failed };
}

/** Runs something, and tells which form each op took in it, by the op's name. */
export function recordForms<T>(run: () => T): { value: T; forms: ReadonlyMap<string, FormName> } {
  const forms = new Map<string, FormName>();
  taken = forms;
  try {
    return { value: run(), forms };
  } finally {
    taken = null;
  }
}

/** Numbers for a trial, between −1 and 1 and without a pattern that an axis could share. */
export function wave<T extends Tensor>(shape: readonly number[], phase = 0): T {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + phase)),
    [...shape],
  ) as T;
}

interface Values {
  shape: number[];
  data: Float32Array;
}

async function read(tensors: Tensor[]): Promise<Values[]> {
  try {
    return await Promise.all(tensors.map(async (t) => ({ shape: t.shape, data: (await t.data()) as Float32Array })));
  } finally {
    tf.dispose(tensors);
  }
}

function close(a: Values, b: Values, tolerance: number): boolean {
  const largest = b.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const sameShape = a.shape.length === b.shape.length && a.shape.every((size, i) => size === b.shape[i]);
  return sameShape && a.data.every((value, i) => Math.abs(value - b.data[i]) <= tolerance * largest);
}
