/** The networks: one file each, one line each here. */
import type { NetworkInfo, NetworkRef } from '../contract/model.ts';
import { Problem } from '../contract/problem.ts';
import { bisenetv2 } from './bisenetv2.ts';
import { deeplabv3 } from './deeplabv3.ts';
import { espnet } from './espnet.ts';
import { espnetC } from './espnet-c.ts';
import type { Graph } from './graph.ts';
import type { Network } from './network.ts';
import { pspnet } from './pspnet.ts';

const networks: readonly Network[] = [espnet, espnetC, pspnet, deeplabv3, bisenetv2];

/** Any number does here: names of nodes do not depend on it. */
const SOME_OUTPUTS = 11;

/** The networks as a form offers them; taps are those at the default options. */
export function networkInfos(): NetworkInfo[] {
  return networks.map(({ id, title, citation, options }) => {
    const { nodes, input, defaultTaps } = buildNetwork({ id, options: {} }, SOME_OUTPUTS);
    const taps = nodes.map((node) => node.name).filter((name) => name !== input);
    return { id, title, citation, options, taps, defaultTaps: [...defaultTaps] };
  });
}

/**
 * The graph of a network of the registry; options that are not given take their defaults.
 * @param outputs channels of the logits
 * @throws Problem at `id` or `options.NAME` (as its `where`) for an unknown network or option, or a value out of range
 */
export function buildNetwork(ref: NetworkRef, outputs: number): Graph {
  const network = networks.find((one) => one.id === ref.id);
  if (!network) {
    throw new Problem(`There is no network called “${ref.id}”.`, {
      where: 'id',
      next: `Choose one of ${networks.map((one) => one.id).join(', ')}.`,
    });
  }
  const unknown = Object.keys(ref.options).find((name) => !network.options.some((option) => option.name === name));
  if (unknown !== undefined) {
    throw new Problem(`${network.title} has no option “${unknown}”.`, {
      where: `options.${unknown}`,
      next: `It has ${network.options.map((option) => option.name).join(', ')}.`,
    });
  }
  if (!Number.isInteger(outputs) || outputs < 1) throw new Problem(`A network cannot have ${outputs} outputs.`);
  const options = Object.fromEntries(
    network.options.map((option) => [option.name, checked(option, ref.options[option.name])]),
  );
  return network.build(options, outputs);
}

function checked(option: Network['options'][number], value = option.default): number {
  const { name, min, max, integer } = option;
  if (value >= min && value <= max && (!integer || Number.isInteger(value))) return value;
  throw new Problem(`${name} is ${value}; it has to be ${integer ? 'a whole number ' : ''}from ${min} to ${max}.`, {
    where: `options.${name}`,
  });
}
