/** Evaluations of models on splits of data sets. */
import { z } from 'zod';

export const evaluationRequests = {
  /** `crf`: once more with the dense CRF after the network, as an evaluation of its own. */
  'evaluations.start': z.object({
    model: z.number().int(),
    dataset: z.number().int(),
    split: z.string(),
    crf: z.boolean().default(false),
  }),
  'evaluations.list': z.object({ dataset: z.number().int().nullable().default(null) }),
  'evaluations.ofItem': z.object({ item: z.number().int() }),
} as const;

export interface EvaluationSummary {
  id: number;
  model: number;
  modelName: string;
  run: string | null;
  dataset: number;
  split: string;
  /** Of a run in between: the step it was evaluated at. */
  step: number | null;
  /** Whether the dense CRF came after the network. */
  crf: boolean;
  mIoU: number | null;
  pixelAccuracy: number | null;
  ious: (number | null)[];
  msPerImage: number;
  parameters: number;
  macs: number;
  inputSize: [number, number];
  images: number;
  engine: string;
  at: string;
}

export interface ItemEvaluation {
  evaluation: number;
  model: number;
  crf: boolean;
  mIoU: number | null;
  pixelAccuracy: number | null;
  ious: (number | null)[];
}

export interface EvaluationAnswers {
  'evaluations.start': { job: number };
  'evaluations.list': EvaluationSummary[];
  'evaluations.ofItem': ItemEvaluation[];
}
