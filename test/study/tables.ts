/** What the study trains: which methods together, how long, and with how many seeds. Pure. */
import type { NetworkRef } from '../../src-main/contract/model.ts';
import { type Recipe, recipe } from '../../src-main/contract/recipe.ts';
import { methodById } from '../../src-main/distillation/registry.ts';
import { BEST } from './sums.ts';
import { APD, APD_PLAIN, CSD, CWD, DIST, DSD, type Entry, KD, PSD, type Weights, weightOf } from './terms.ts';

export interface Table {
  id: string;
  title: string;
  student: NetworkRef;
  /** Known weights that the student starts from; null: random ones. */
  start: string | null;
  /** Of the student and the teacher, for the terms that read any; the networks' usual ones unless given. */
  taps?: { student: string[]; teacher: string[] };
  steps: number;
  seeds: number;
  entries: Entry[];
}

const ALONE: Entry = { id: 'alone', title: 'Student alone', terms: [] };
const DSD_ENTRY: Entry = { id: 'dsd', title: 'DSD', terms: DSD };
const APD_ENTRY: Entry = { id: 'apd', title: 'APD', terms: APD };
const BEST_ENTRY: Entry = { id: 'best', title: 'Best sum (PSD + 3 × CSD + DIST)', terms: BEST };
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
      { id: 'dist', title: 'DIST', terms: [DIST] },
      { id: 'cirkd', title: 'CIRKD (within the mini-batch)', terms: [{ method: 'cirkd.batch' }] },
      DSD_ENTRY,
      { id: 'dsd-psd', title: 'DSD: pixel-wise part', terms: [PSD] },
      { id: 'dsd-csd', title: 'DSD: category-wise part', terms: [CSD] },
      APD_ENTRY,
      { id: 'apd-plain', title: 'APD without adapters', terms: APD_PLAIN },
      { id: 'dsd-cwd', title: 'DSD + CWD', terms: [...DSD, CWD] },
      { id: 'dsd-apd', title: 'DSD + APD', terms: [...DSD, ...APD] },
      BEST_ENTRY,
    ],
  },
  {
    id: 'headline',
    title: 'Longer training',
    student: ESPNET_C,
    start: null,
    steps: 1500,
    seeds: 5,
    entries: [ALONE, DSD_ENTRY, BEST_ENTRY, APD_ENTRY, ...SAME_TIMES],
  },
  {
    id: 'mobilenet',
    title: 'A student that starts from ImageNet weights',
    // At stride 8 a run takes longer than there is time for.
    student: { id: 'pspnet-mobilenetv2', options: { stride: 16 } },
    start: 'mobilenetv2',
    // Its usual ones end with the logits, the teacher's do not: these are alike in depth and, but for the last, in stride.
    taps: { student: ['stage1', 'stage2', 'context'], teacher: ['level1', 'level2', 'level3'] },
    steps: 400,
    seeds: 3,
    entries: [ALONE, DSD_ENTRY, BEST_ENTRY, APD_ENTRY, ...SAME_TIMES],
  },
];

/** The recipe of an entry: everything but the seed, the terms and the steps is the same in all of a table. */
export function recipeOf(
  table: Pick<Table, 'id' | 'student' | 'taps'>,
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
      ...terms.map((term) => ({
        method: term.method,
        weight: weightOf(term, weights),
        params: term.params ?? {},
        ...(methodById(term.method).taps > 0 && table.taps ? { taps: table.taps } : {}),
      })),
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
