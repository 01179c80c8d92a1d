import { dropoutOption, withDropout } from './dropout.ts';
import { GraphBuilder } from './graph.ts';
import type { Backbone, Head, Network, Options } from './network.ts';

/** The network of this head on this backbone, called `HEAD-BACKBONE`; it has the options of both. */
export function compose(head: Head, backbone: Backbone): Network {
  const id = `${head.id}-${backbone.id}`;
  const fixed: Options = head.stride === undefined ? {} : { stride: head.stride };
  const ownDropout = head.options.some(({ name }) => name === dropoutOption.name);
  return {
    id,
    title: `${head.title}, ${backbone.title}`,
    citation: head.citation,
    ...(head.auxiliaries && { auxiliary: true }),
    options: [
      ...backbone.options.filter(({ name }) => !(name in fixed)),
      ...head.options,
      ...(ownDropout ? [] : [dropoutOption]),
    ],
    build: (options, outputs) => {
      const b = new GraphBuilder(3);
      const features = backbone.add(b, { ...options, ...fixed }, head.backboneTorch ?? 'backbone');
      const { output, context, stride } = head.add(b, features, options, outputs);
      const graph = b.build({
        id,
        options,
        output,
        stride: features.multiple,
        logitsStride: stride,
        defaultTaps: [features.middle, context, output],
        ...(head.auxiliaries && { auxiliaries: head.auxiliaries(b, features, options, outputs) }),
      });
      return ownDropout ? graph : withDropout(graph, options.dropout);
    },
  };
}
