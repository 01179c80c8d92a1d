import { z } from 'zod';
import { networkRef } from './model.ts';
import { precision } from './precision.ts';

const positive = z.number().positive();
const whole = z.number().int();

const between = {
  from: whole.min(0).default(0).describe('The first step, counted from 0'),
  to: whole.min(1).nullable().default(null).describe('The first step that is no longer among them; null: the end'),
};
const ramp = {
  ...between,
  start: z.number().min(0).describe('The factor up to the first step'),
  end: z.number().min(0).describe('The factor from the end on'),
};

/** By what a term's weight is multiplied from step to step; `termFactorAt` in training/schedule.ts says how. */
export const termSchedule = z.discriminatedUnion('shape', [
  z.strictObject({ shape: z.literal('constant'), ...between }),
  z.strictObject({ shape: z.literal('linear'), ...ramp }),
  z.strictObject({ shape: z.literal('cosine'), ...ramp }),
]);
export type TermSchedule = z.infer<typeof termSchedule>;

/**
 * On which pictures a term counts where a recipe has a second data set: on those of the first, the labelled source; of the
 * second, the target, of which no label is read; or on both, the value on one plus that on the other.
 */
export const termDomain = z.enum(['source', 'target', 'both']);
export type TermDomain = z.infer<typeof termDomain>;

/** One term of the loss: a method with its weight, its own options, and where it taps. */
export const term = z.strictObject({
  method: z.string().min(1),
  weight: z.number().min(0).describe('Weight of this term in the total loss'),
  params: z.record(z.string(), z.unknown()).default({}),
  /** Node names; null stands for the networks' default taps. */
  taps: z
    .strictObject({ student: z.array(z.string()).min(1), teacher: z.array(z.string()).min(1) })
    .nullable()
    .default(null),
  /** Null: the weight is the same at every step. */
  schedule: termSchedule.nullable().default(null),
  domain: termDomain.optional().describe('On which data set it counts; none: on the source'),
});
export type Term = z.infer<typeof term>;

/**
 * Whether the teacher is asked about every crop, or once about every whole image: crops, flips and scales are then taken
 * from what it said. It changes what is learnt from, so it is off unless asked for.
 */
export const teacherCache = z
  .strictObject({
    mode: z.enum(['off', 'whole-image']).default('off'),
    format: z.enum(['float16', 'uint8']).default('float16').describe('How each kept value is stored'),
    maxBytes: whole.min(1e6).default(4e9).describe('Most bytes that the project keeps of teachers’ outputs on disk'),
  })
  .prefault({});
export type TeacherCacheOptions = z.output<typeof teacherCache>;

/** How the logits of several teachers become those of one; distillation/combine.ts says how. */
export const combination = z.enum(['mean', 'best-class']);
export type Combination = z.infer<typeof combination>;

/** Stands for a teacher's name where the student is taught by the average of its own weights. */
export const AVERAGE_TEACHER = 'average';

/** Whether a recipe's teacher is the average of the student's own weights. */
export function taughtByAverage({ teacher }: { teacher: { model: string | null } }): boolean {
  return teacher.model === AVERAGE_TEACHER;
}

/** The data set that a student is adapted to. */
export const targetData = z.strictObject({
  /** A folder, or the name of a data set in the project; `--target` sets it. */
  dataset: z.string().nullable().default(null),
  split: z.string().default('train'),
  /** Evaluated in place of `data.evaluationSplit` where it has labelled images. */
  evaluationSplit: z.string().nullable().default('val'),
});

/** What to do, as one readable file. The data set's folder and the teacher's file are bound when it is run. */
export const recipe = z.strictObject({
  version: z.literal(1),
  name: z.string().min(1).max(80),
  data: z.strictObject({
    /** The data set: a folder, or the name of one in the project; `--data` sets it. */
    dataset: z.string().nullable().default(null),
    split: z.string().default('train'),
    evaluationSplit: z.string().nullable().default('val'),
  }),
  /**
   * A second data set, for domain adaptation: each step takes a batch of it too where a term counts on it. Of its labels none is
   * learnt from.
   */
  target: targetData.optional(),
  /**
   * The teacher: a weights file, or the name of a model in the project; `--teacher` sets it. `average`: the average of the
   * student's own weights. Null where no method needs one.
   */
  teacher: z
    .strictObject({
      model: z.string().nullable().default(null),
      /** More teachers, named as the first one is, of which logits alone are read; each further `--teacher` is one. */
      others: z.array(z.string()).min(1).optional(),
      combine: combination.optional().describe('How the logits of several teachers become those of one; none: mean'),
      cache: teacherCache,
    })
    .prefault({}),
  student: z.strictObject({
    network: networkRef,
    auxiliary: z
      .boolean()
      .default(false)
      .describe('Whether the auxiliary outputs of the network’s paper are trained along; they learn as ce does'),
    average: z
      .number()
      .min(0)
      .max(0.99999)
      .nullable()
      .default(null)
      .describe('Decay of the moving average of its weights that is evaluated and kept in their place; null: none'),
    /** What it starts from: a weights file, or the name of a model in the project; `--from` sets it. Null: random weights. */
    start: z.string().nullable().default(null),
  }),
  methods: z.array(term).min(1),
  augmentation: z
    .strictObject({
      scale: z.tuple([positive, positive]).default([1, 1]).describe('Random scale, from and to'),
      flip: z.number().min(0).max(1).default(0.5).describe('Probability of a horizontal flip'),
    })
    .default({ scale: [1, 1], flip: 0.5 }),
  optimizer: z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('sgd'),
        learningRate: positive,
        momentum: z.number().min(0).max(0.9999).default(0.9),
        weightDecay: z.number().min(0).default(0),
      }),
      z.strictObject({
        kind: z.literal('adam'),
        learningRate: positive,
        beta1: z.number().min(0).max(0.9999).default(0.9),
        beta2: z.number().min(0).max(0.99999).default(0.999),
        epsilon: positive.default(1e-8),
        weightDecay: z.number().min(0).default(0),
      }),
      z.strictObject({
        kind: z.literal('adamw'),
        learningRate: positive,
        beta1: z.number().min(0).max(0.9999).default(0.9),
        beta2: z.number().min(0).max(0.99999).default(0.999),
        epsilon: positive.default(1e-8),
        weightDecay: z.number().min(0).default(0.01),
      }),
    ])
    .default({ kind: 'adam', learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 }),
  schedule: z.strictObject({
    steps: whole.min(1),
    /** Learning rate × (1 − step/steps)^power, never under `minimum`; 0 keeps it constant. */
    power: z.number().min(0).default(0.9),
    warmup: whole.min(0).default(0).describe('Steps over which the learning rate rises linearly from zero'),
    minimum: z.number().min(0).default(0),
  }),
  batch: whole.min(1).max(1024),
  /** Ways to need less memory: each costs time, and neither changes what the batch is. */
  memory: z
    .strictObject({
      accumulate: whole.min(1).max(1024).default(1).describe('Parts that each batch is computed in, one after another'),
      checkpointing: z
        .boolean()
        .default(false)
        .describe('Keeps few activations in the forward pass and computes the others again in the backward pass'),
    })
    .prefault({}),
  precision: precision
    .default('float32')
    .describe('What convolutions and matrix products compute in; parameters, sums and losses are float32 in any case'),
  crop: z.tuple([whole.min(16), whole.min(16)]).describe('Height and width of a training crop, in pixels'),
  seed: whole.min(0).default(0),
  evaluation: z
    .strictObject({ every: whole.min(0).describe('Evaluate every so many steps; 0: only at the end') })
    .default({ every: 0 }),
  checkpoint: z.strictObject({ every: whole.min(1) }).default({ every: 50 }),
});
export type Recipe = z.infer<typeof recipe>;

/** The teachers beside the first one, in order, by their numbers in the project. */
export const otherTeachers = z.array(whole).default([]);

/** A recipe, and what it is run with, by their numbers in the project. */
export const runStart = z.object({
  recipe,
  dataset: whole,
  teacher: whole.nullable(),
  others: otherTeachers,
  /** The model that the student starts from. */
  start: whole.nullable().default(null),
  /** The data set that it adapts to, where the recipe has a target. */
  target: whole.nullable().default(null),
});
export type RunStart = z.output<typeof runStart>;

/** A bad value of a recipe: where it stands (`schedule.steps`) and what is wrong with it, in words. */
export const fieldProblem = z.object({ field: z.string(), message: z.string() });
export type FieldProblem = z.infer<typeof fieldProblem>;
