import type { GraphBuilder } from './graph.ts';
import { classifier, convModule, convNorm } from './layers.ts';
import type { Features, HeadEnds } from './network.ts';

/**
 * What mmsegmentation's FCNHead and those that come of it are: two 3×3 convolutions, what the head is about `between` them,
 * and a third one of their end and the backbone's side by side. Logits at the backbone's end's size.
 * @param between from the first convolution's node to the second one's input
 */
export function betweenConvs(
  b: GraphBuilder,
  { end, stride }: Features,
  channels: number,
  outputs: number,
  between: (first: string) => string,
): HeadEnds {
  const conv = (name: string, input: string, torch: string) => headConv(b, name, input, channels, torch);
  const second = conv('second', between(conv('first', end, 'convs.0')), 'convs.1');
  const context = conv('context', b.add('context.joined', 'concat', [end, second]), 'conv_cat');
  return { output: classifier(b, context, outputs), context, stride };
}

/** One of these 3×3 convolutions, with batch norm and ReLU. */
export function headConv(b: GraphBuilder, name: string, input: string, channels: number, torch: string): string {
  const attrs = { filters: channels, kernel: 3, padding: 1 };
  return convNorm(b, name, input, attrs, convModule(`decode_head.${torch}`), 'relu');
}
