/** Options that several methods have. */
import { z } from 'zod';

/** What scores are divided by before a softmax. @param divided what they are, for the form */
export function temperatureOption(initial: number, divided = 'logits', title = 'Temperature') {
  return z
    .number()
    .positive()
    .max(1000)
    .default(initial)
    .meta({ title, description: `Divides the ${divided} before the softmax: higher is softer` });
}

/** The kernel of a pooling, in cells. */
export function poolOption(initial: number, description: string) {
  return z.number().int().min(1).max(256).default(initial).meta({ title: 'Pooling', description });
}

/** How far from a border of the label map something reaches, in pixels. */
export function radiusOption(initial: number, description: string) {
  return z.number().int().min(1).max(64).default(initial).meta({ title: 'Radius', description });
}

/** How much of a map is blanked out. */
export const maskedOption = z
  .number()
  .min(0)
  .max(0.99)
  .default(0.75)
  .meta({ title: 'Masked share', description: 'Share of the positions that are blanked out, in the mean' });

/** Channels of a discriminator after its first convolution. */
export const widthOption = z
  .number()
  .int()
  .min(1)
  .max(512)
  .default(64)
  .meta({ title: 'Width', description: 'Channels of the discriminator after its first convolution' });

/** How fast what a method has of its own learns. @param title of what it is, for the form */
export function rateOption(initial: number, title: string, description = 'Learning rate of its own Adam') {
  return z.number().min(0).max(1).default(initial).meta({ title, description });
}

/** What a part of a term counts within it. */
export function shareOption(initial: number, title: string, description: string) {
  return z.number().min(0).max(1e6).default(initial).meta({ title, description });
}
