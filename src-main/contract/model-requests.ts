/** What the window may ask about models and networks; see `requests` in window.ts. */
import { z } from 'zod';
import { type ModelSummary, type NetworkInfo, type NetworkTaps, networkRef } from './model.ts';

/** Asks for a model in a form for other programs, with its card and an example beside it. */
export const modelExport = z.object({
  model: z.number().int(),
  format: z.enum(['onnx', 'safetensors']),
  /** The folder. */
  file: z.string(),
  /** The model's file in it, written over where it is there; without it a new one named after the model. */
  name: z.string().optional(),
  /** Height and width of the pictures, for a format that fixes them; about CamVid's where not given. */
  size: z.tuple([z.number().int().positive(), z.number().int().positive()]).optional(),
});
export type ModelExport = z.output<typeof modelExport>;

export const modelRequests = {
  'models.list': z.object({}),
  'models.import': z.object({ file: z.string() }),
  'models.export': modelExport,
  'networks.list': z.object({}),
  'networks.taps': z.object({ network: networkRef }),
} as const;

export interface ModelAnswers {
  'models.list': ModelSummary[];
  'models.import': ModelSummary;
  /** The names of the files that were written. */
  'models.export': { files: string[] };
  'networks.list': NetworkInfo[];
  'networks.taps': NetworkTaps;
}
