/** The terms that the study's entries are put together from, and the weight that each begins with. Pure. */
import { methodById } from '../../src-main/distillation/registry.ts';

/** A term of an entry: a method, and the options that are not its defaults. */
export interface StudyTerm {
  method: string;
  params?: Record<string, unknown>;
  /** What its weight is kept under, where that is not the method's own: the same method with other options. */
  name?: string;
  /** The weight to begin with; the method's default unless given. */
  weight?: number;
  /** It has no trials of its own, but so many times the weight that did best under its name. */
  times?: number;
}

export interface Entry {
  /** Also the name of its files. */
  id: string;
  title: string;
  /** Beside cross-entropy. */
  terms: StudyTerm[];
  /** Steps are those of the table, or as many as take the time that this other entry takes. */
  sameTimeAs?: string;
}

export const KD: StudyTerm = { method: 'kd' };
export const PSD: StudyTerm = { method: 'dsd.psd' };
/** At τ = 4, as CIRKD has it for another form. */
export const SOFT_CSD: StudyTerm = { method: 'dsd.csd' };
/** At τ = 1, its weight in shares of the one that did best at τ = 4. The paper's τ is not known to us. */
export function sharpCsd(times: number): StudyTerm {
  return { method: 'dsd.csd', params: { tau: 1 }, times };
}
export const CSD = sharpCsd(0.1);
export const DSD: StudyTerm[] = [PSD, CSD];
export const APD_KL: StudyTerm = { method: 'kd', name: 'apd.kl', params: { reduction: 'mean' }, weight: 10 };
/** In so few steps the teacher's adapter needs a higher rate than its authors'. */
export const APD_OWN: StudyTerm = { method: 'apd', params: { teacherRate: 5e-4 } };
export const APD: StudyTerm[] = [APD_OWN, APD_KL];
/** So few steps are little for adapters that begin at random. */
export const APD_PLAIN: StudyTerm[] = [{ method: 'apd', name: 'apd.plain', params: { adapter: 'none' } }, APD_KL];
export const CWD: StudyTerm = { method: 'cwd', params: { on: 'logits', temperature: 4 } };
export const DIST: StudyTerm = { method: 'dist' };

/** What a term's weight is kept under. */
export function nameOf({ method, name = method }: StudyTerm): string {
  return name;
}

/** The weight that a term begins with. */
export function firstWeight({ method, weight }: StudyTerm): number {
  return weight ?? methodById(method).defaultWeight;
}

/** The weight of each term, by its name; one that is not named has the weight to begin with. */
export type Weights = Readonly<Record<string, number>>;

export function weightOf(term: StudyTerm, weights: Weights): number {
  const weight = weights[nameOf(term)] ?? firstWeight(term);
  return term.times === undefined ? weight : Number((weight * term.times).toPrecision(3));
}
