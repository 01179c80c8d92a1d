/** What is asked of models about one item: its prediction, and the maps by which the methods compare two models. */
import { z } from 'zod';
import { preprocessing } from './model.ts';
import { term } from './recipe.ts';

export const inspectionRequests = {
  /**
   * Prediction of a model for an item; answers a key for `resources.prediction`. `preprocessing`: instead of that of the
   * model's card; `crf`: with the dense CRF after the network.
   */
  'inspect.predict': z.object({
    model: z.number().int(),
    item: z.number().int(),
    preprocessing: preprocessing.optional(),
    crf: z.boolean().optional(),
  }),
  /** PSD and CSD maps of an item; `run` names the run whose newest checkpoint is the student while it trains. */
  'inspect.maps': z.object({
    teacher: z.number().int(),
    student: z.union([z.object({ model: z.number().int() }), z.object({ run: z.string() })]),
    item: z.number().int(),
    terms: z.array(term).nullable().default(null),
  }),
} as const;

export interface MapInfo {
  name: string;
  height: number;
  width: number;
  /** Smallest and largest value. */
  range: [number, number];
  /** Where its float32 values are: row-major. */
  url: string;
}

export interface InspectedMaps {
  teacher: MapInfo[];
  student: MapInfo[];
  matrices: { classes: number; teacher: number[]; student: number[] } | null;
  values: { method: string; value: number }[];
  /** The step of the student, for a run. */
  step: number | null;
}

export interface InspectionAnswers {
  'inspect.predict': { key: string; width: number; height: number };
  'inspect.maps': InspectedMaps;
}
