import { z } from 'zod';

/** What convolutions and matrix products compute in; all else is float32 whatever it says. */
export const precision = z.enum(['float32', 'bfloat16', 'float16']);
export type Precision = z.infer<typeof precision>;
/** Those of 16 bits. */
export type Half = Exclude<Precision, 'float32'>;

/**
 * What an engine may compute in, as far as that is known before it is started: TensorFlow's own library has kernels in
 * 16 bits (and tries them on the machine), the engines in JavaScript have none.
 * @param engine as it was wished for; `auto` counts as TensorFlow's
 */
export function precisionsOf(engine: string): readonly Precision[] {
  return engine === 'wasm' || engine === 'webgpu' ? ['float32'] : precision.options;
}
