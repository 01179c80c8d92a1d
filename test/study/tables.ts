/** What the study trains: which methods together, how long, and with how many seeds. Pure. */
import type { NetworkRef } from '../../src-main/contract/model.ts';
import { type Recipe, recipe } from '../../src-main/contract/recipe.ts';
import { methodById } from '../../src-main/distillation/registry.ts';

/** A term of an entry: a method, and the options that are not its defaults. */
export interface StudyTerm {
  method: string;
  params?: Record<string, unknown>;
  /** What its weight is kept under, where that is not the method's own: the same method with other options. */
  name?: string;
  /** The weight to begin with; the method's default unless given. */
  weight?: number;
  /** Times the weight that did best by itself. */
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

export interface Table {
  id: string;
  title: string;
  student: NetworkRef;
  /** Known weights that the student starts from; null: random ones. */
  start: string | null;
  steps: number;
  seeds: number;
  entries: Entry[];
}

const KD: StudyTerm = { method: 'kd' };
const DSD: StudyTerm[] = [{ method: 'dsd.psd' }, { method: 'dsd.csd' }];
/** The paper's τ is not known to us. */
const SHARP_CSD: StudyTerm = { method: 'dsd.csd', params: { tau: 1 } };
const APD_KL: StudyTerm = { method: 'kd', name: 'apd.kl', params: { reduction: 'mean' }, weight: 10 };
/** In so few steps the teacher's adapter needs a higher rate than its authors'. */
const APD: StudyTerm[] = [{ method: 'apd', params: { teacherRate: 5e-4 } }, APD_KL];
/** So few steps are little for adapters that begin at random. */
const APD_PLAIN: StudyTerm[] = [{ method: 'apd', name: 'apd.plain', params: { adapter: 'none' } }, APD_KL];
const CWD: StudyTerm = { method: 'cwd', params: { on: 'logits', temperature: 4 } };
const DIST: StudyTerm = { method: 'dist' };

const ALONE: Entry = { id: 'alone', title: 'Student alone', terms: [] };
const DSD_ENTRY: Entry = { id: 'dsd', title: 'DSD', terms: DSD };
const APD_ENTRY: Entry = { id: 'apd', title: 'APD', terms: APD };
const APD_PLAIN_ENTRY: Entry = { id: 'apd-plain', title: 'APD without adapters', terms: APD_PLAIN };
const DIST_ENTRY: Entry = { id: 'dist', title: 'DIST', terms: [DIST] };

/** Sums that are tried where the weights are set, and what they have to beat. */
export const SUMS: Entry[] = [
  ALONE,
  DSD_ENTRY,
  { id: 'dsd-3', title: 'DSD, its weights × 3', terms: DSD.map((term) => ({ ...term, times: 3 })) },
  { id: 'dsd-tau-1', title: 'DSD, CSD at τ = 1', terms: [DSD[0], SHARP_CSD] },
  { id: 'dsd-tau-03', title: 'DSD, CSD at τ = 1 and its weight × 0.3', terms: [DSD[0], { ...SHARP_CSD, times: 0.3 }] },
  APD_ENTRY,
  APD_PLAIN_ENTRY,
  DIST_ENTRY,
  { id: 'dsd-dist', title: 'DSD + DIST', terms: [...DSD, DIST] },
  { id: 'apd-dist', title: 'APD + DIST', terms: [...APD, DIST] },
  { id: 'dsd-apd-dist', title: 'DSD + APD + DIST', terms: [...DSD, ...APD, DIST] },
  { id: 'cwd-dist', title: 'CWD + DIST', terms: [CWD, DIST] },
  { id: 'dsd-cwd-dist', title: 'DSD + CWD + DIST', terms: [...DSD, CWD, DIST] },
];
/** The one of them that did best there. */
const { title: sum, terms: summed } = SUMS.find(({ id }) => id === 'dsd-dist')!;
const BEST: Entry = { id: 'best', title: `Best sum (${sum})`, terms: summed };
const SAME_TIMES: Entry[] = [DSD_ENTRY, APD_ENTRY].map(({ id, title }) => ({
  id: `alone-${id}-time`,
  title: `Student alone, for ${title}’s time`,
  terms: [],
  sameTimeAs: id,
}));

const ESPNET_C: NetworkRef = { id: 'espnet-c', options: { p: 2, q: 3 } };

export const TABLES: Table[] = [
  {
    id: 'wide',
    title: 'Every method',
    student: ESPNET_C,
    start: null,
    steps: 600,
    seeds: 3,
    entries: [
      ALONE,
      { id: 'kd', title: 'KD', terms: [KD] },
      { id: 'at', title: 'AT', terms: [{ method: 'at' }] },
      { id: 'cwd', title: 'CWD', terms: [CWD] },
      { id: 'ifvd', title: 'IFVD', terms: [{ method: 'ifvd' }] },
      {
        id: 'skd',
        title: 'SKD (pixel-wise and pair-wise)',
        terms: [{ method: 'skd.pixel' }, { method: 'skd.pairwise' }],
      },
      DIST_ENTRY,
      { id: 'cirkd', title: 'CIRKD (within the mini-batch)', terms: [{ method: 'cirkd.batch' }] },
      DSD_ENTRY,
      { id: 'dsd-psd', title: 'DSD: pixel-wise part', terms: [DSD[0]] },
      { id: 'dsd-csd', title: 'DSD: category-wise part', terms: [DSD[1]] },
      APD_ENTRY,
      APD_PLAIN_ENTRY,
      { id: 'dsd-cwd', title: 'DSD + CWD', terms: [...DSD, CWD] },
      { id: 'dsd-apd', title: 'DSD + APD', terms: [...DSD, ...APD] },
      BEST,
    ],
  },
  {
    id: 'headline',
    title: 'Longer training',
    student: ESPNET_C,
    start: null,
    steps: 1500,
    seeds: 5,
    entries: [ALONE, DSD_ENTRY, BEST, APD_ENTRY, ...SAME_TIMES],
  },
  {
    id: 'mobilenet',
    title: 'A student that starts from ImageNet weights',
    student: { id: 'pspnet-mobilenetv2', options: {} },
    start: 'mobilenetv2',
    steps: 600,
    seeds: 3,
    entries: [ALONE, DSD_ENTRY, BEST, APD_ENTRY, ...SAME_TIMES],
  },
];

/** The weight of each term, by its name; one that is not named has the weight to begin with. */
export type Weights = Readonly<Record<string, number>>;

/** The recipe of an entry: everything but the seed, the terms and the steps is the same in all of a table. */
export function recipeOf(
  table: Pick<Table, 'id' | 'student'>,
  { id, terms }: Pick<Entry, 'id' | 'terms'>,
  { seed, steps, weights }: { seed: number; steps: number; weights: Weights },
): Recipe {
  return recipe.parse({
    version: 1,
    name: `Study: ${table.id}, ${id}, seed ${seed}`,
    data: { split: 'train', evaluationSplit: 'val' },
    teacher: { cache: { mode: terms.length > 0 ? 'whole-image' : 'off' } },
    student: { network: table.student },
    methods: [
      { method: 'ce', weight: 1 },
      ...terms.map((term) => ({ method: term.method, weight: weightOf(term, weights), params: term.params ?? {} })),
    ],
    augmentation: { scale: [0.6, 1.4], flip: 0.5 },
    optimizer: { kind: 'adam', learningRate: 1e-3 },
    schedule: { steps, power: 0.9 },
    batch: 8,
    crop: [176, 240],
    seed,
    // How far from flat the student alone is at the end, its last quarter shows.
    evaluation: { every: terms.length === 0 ? Math.ceil((3 * steps) / 4) : 0 },
    checkpoint: { every: 200 },
  });
}

/** What a term's weight is kept under. */
export function nameOf({ method, name = method }: StudyTerm): string {
  return name;
}

/** The weight that a term begins with. */
export function firstWeight({ method, weight }: StudyTerm): number {
  return weight ?? methodById(method).defaultWeight;
}

function weightOf(term: StudyTerm, weights: Weights): number {
  const weight = weights[nameOf(term)] ?? firstWeight(term);
  return term.times === undefined ? weight : Number((weight * term.times).toPrecision(3));
}
