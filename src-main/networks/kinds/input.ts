import type { NodeKind } from '../node-kind.ts';

/** The picture, preprocessed: attrs `channels`. */
export const input: NodeKind = {
  id: 'input',
  channels: ({ channels }) => channels,
  size: (_, [size]) => size,
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  forward: () => {
    throw new Error('The input is given, not computed.');
  },
  backward: () => ({ inputs: [], params: [] }),
};
