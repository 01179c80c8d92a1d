/** Help at choosing pixels: superpixels, GrabCut, click to segment. What it finds comes as bytes, at `resources.assist`. */
import { z } from 'zod';

/** A rectangle in whole pixels; what lies outside of the image is cut off. */
export const pixelBox = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().min(1),
  height: z.number().int().min(1),
});
export type PixelBox = z.infer<typeof pixelBox>;

/** A place that the user says is inside or outside of what is wanted, in pixels. */
export const assistPoint = z.object({ x: z.number().finite(), y: z.number().finite(), inside: z.boolean() });
export type AssistPoint = z.infer<typeof assistPoint>;

export const assistRequests = {
  /** Whether click to segment can be used, and what would be fetched for it. */
  'assist.status': z.object({}),
  /** Fetches what click to segment needs, into the cache; the user has agreed to the licence. */
  'assist.fetch': z.object({}),
  'assist.superpixels': z.object({
    item: z.number().int(),
    /** About how long their sides are. */
    size: z.number().int().min(4).max(256),
    /** The higher, the more alike to squares; the lower, the closer to edges. */
    compactness: z.number().min(1).max(80).default(10),
  }),
  /** What stands out in a box, by colour. */
  'assist.grabcut': z.object({
    item: z.number().int(),
    box: pixelBox,
    /** Discs that the user has marked since: surely inside or outside. */
    marks: z
      .array(assistPoint.extend({ radius: z.number().min(0).max(500) }))
      .max(2000)
      .default([]),
  }),
  /** Looks at an image for click to segment; takes seconds, once for each image. `assist.segment` does it too. */
  'assist.prepare': z.object({ item: z.number().int() }),
  /** The thing at some points, or in a box. */
  'assist.segment': z
    .object({
      item: z.number().int(),
      points: z.array(assistPoint).max(64).default([]),
      box: pixelBox.nullable().default(null),
    })
    .refine(({ points, box }) => points.some(({ inside }) => inside) || box, 'a point inside or a box is needed'),
} as const;

/** Pixels in a box; null where there are none. */
export interface AssistArea extends PixelBox {
  /** For `resources.assist`: one byte per pixel of the box, 1 inside, row by row. */
  key: string;
}

export interface AssistAnswers {
  'assist.status': {
    ready: boolean;
    name: string;
    /** The registry's package that holds it. */
    package: string;
    licence: string;
    /** What is fetched, and what stays in the cache. */
    megabytes: number;
    unpackedMegabytes: number;
  };
  'assist.fetch': { job: number };
  /** `key`: little-endian 32-bit numbers 0 … count − 1, row by row. */
  'assist.superpixels': { key: string; width: number; height: number; count: number };
  'assist.grabcut': AssistArea | null;
  'assist.prepare': null;
  /** `score`: how well the model thinks its outline fits, 0–1. */
  'assist.segment': (AssistArea & { score: number }) | null;
}
