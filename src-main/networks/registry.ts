/** The networks: one file each, one line each here; those of a head on a backbone are put together. */
import type { NetworkInfo, NetworkRef, NetworkTaps } from '../contract/model.ts';
import { Problem } from '../contract/problem.ts';
import { withoutAuxiliaries } from './auxiliary.ts';
import { efficientNets } from './backbones/efficientnet.ts';
import { hrnets } from './backbones/hrnet.ts';
import { mobilenetV2 } from './backbones/mobilenet-v2.ts';
import { mobilenetV3Large, mobilenetV3Small } from './backbones/mobilenet-v3.ts';
import { pgt } from './backbones/pgt.ts';
import { resnet18, resnet34, resnet50, resnet101 } from './backbones/resnet.ts';
import { resnext50, resnext101 } from './backbones/resnext.ts';
import { vgg16 } from './backbones/vgg.ts';
import { bisenetv2 } from './bisenetv2.ts';
import { compose } from './compose.ts';
import { deconvnet } from './deconvnet.ts';
import { withoutDropout } from './dropout.ts';
import { enet } from './enet.ts';
import { espnet } from './espnet.ts';
import { espnetC } from './espnet-c.ts';
import type { Graph } from './graph.ts';
import { apcnet } from './heads/apcnet.ts';
import { bisenetv1 } from './heads/bisenetv1.ts';
import { ccnet } from './heads/ccnet.ts';
import { imageClassifier } from './heads/classifier.ts';
import { danet } from './heads/danet.ts';
import { deeplabv1 } from './heads/deeplabv1.ts';
import { deeplabv3 } from './heads/deeplabv3.ts';
import { deeplabv3plus } from './heads/deeplabv3plus.ts';
import { denseaspp } from './heads/denseaspp.ts';
import { dilatedContext } from './heads/dilated-context.ts';
import { emanet } from './heads/emanet.ts';
import { encnet } from './heads/encnet.ts';
import { fcn } from './heads/fcn.ts';
import { ftn } from './heads/ftn.ts';
import { graphFcn } from './heads/graph-fcn.ts';
import { lraspp } from './heads/lraspp.ts';
import { nonlocal } from './heads/nonlocal.ts';
import { ocnet } from './heads/ocnet.ts';
import { ocr } from './heads/ocr.ts';
import { parsenet } from './heads/parsenet.ts';
import { psanet } from './heads/psanet.ts';
import { pspnet } from './heads/pspnet.ts';
import { stripPooling } from './heads/strip-pooling.ts';
import { icnets } from './icnet.ts';
import { convModule } from './layers.ts';
import type { Network } from './network.ts';
import { segnet } from './segnet.ts';
import { storedGraph } from './stored-graph.ts';
import { unet } from './unet.ts';

/** The parts that go together: any head on any backbone. */
const backbones = [
  ...[resnet18, resnet34, resnet50, resnet101, resnext50, resnext101],
  ...[mobilenetV2, mobilenetV3Large, mobilenetV3Small, ...efficientNets, ...hrnets, vgg16, pgt],
];
const heads = [
  ...[fcn, parsenet, dilatedContext, deeplabv1, deeplabv3, deeplabv3plus, lraspp],
  ...[denseaspp, pspnet, stripPooling, bisenetv1],
  ...[nonlocal, ocnet, danet, psanet, ccnet, ocr],
  ...[encnet, emanet, apcnet, graphFcn, ftn],
];

const networks: readonly Network[] = [
  ...[espnet, espnetC, enet, bisenetv2, ...icnets, unet, segnet, deconvnet],
  ...heads.flatMap((head) => backbones.map((backbone) => compose(head, backbone))),
];

/** Backbones with the classifiers that they were trained with: not to be chosen in a recipe, but to start from. */
const classifiers: readonly Network[] = [
  compose(imageClassifier({ filters: 1280, torch: convModule('backbone.conv2') }), mobilenetV2),
  ...efficientNets
    .filter(({ id }) => id.includes('lite'))
    .map((backbone) =>
      compose(
        imageClassifier({ filters: 1280, torch: { conv: 'backbone.conv_head', norm: 'backbone.bn2' }, epsilon: 1e-3 }),
        backbone,
      ),
    ),
  ...[resnet18, resnet34, resnet50, resnet101, resnext50, resnext101].map((one) => compose(imageClassifier(), one)),
];

/** Any number does here: names of nodes do not depend on it. */
const SOME_OUTPUTS = 11;

/** The networks as a form offers them. */
export function networkInfos(): NetworkInfo[] {
  return networks.map(({ id, title, citation, options, auxiliary }) => ({
    ...{ id, title, citation, options },
    ...(auxiliary && { auxiliary }),
  }));
}

/** Where a network can be tapped. @throws Problem as buildNetwork */
export function networkTaps(ref: NetworkRef): NetworkTaps {
  const { nodes, input, defaultTaps } = buildNetwork(ref, SOME_OUTPUTS);
  return { all: nodes.map((node) => node.name).filter((name) => name !== input), usual: [...defaultTaps] };
}

/**
 * The graph of a network of the registry, as it is deployed; options that are not given take their defaults.
 * @param outputs channels of the logits
 * @throws Problem at `id` or `options.NAME` (as its `where`) for an unknown network or option, or a value out of range
 */
export function buildNetwork(ref: NetworkRef, outputs: number): Graph {
  return withoutDropout(withoutAuxiliaries(buildToTrain(ref, outputs)));
}

/**
 * The same as it is trained: with its dropout, and with the auxiliary outputs of its paper, whose nodes come after the rest.
 * @throws Problem as buildNetwork
 */
export function buildToTrain(ref: NetworkRef, outputs: number): Graph {
  if (ref.graph) return storedGraph(ref, ref.graph, outputs);
  const network = [...networks, ...classifiers].find((one) => one.id === ref.id);
  if (!network) {
    throw new Problem(`There is no network called “${ref.id}”.`, {
      where: 'id',
      next: 'Choose one of those that “npx stillroom models” lists.',
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
  const { name, min, max, integer, among } = option;
  if (value >= min && value <= max && (!integer || Number.isInteger(value)) && (among?.includes(value) ?? true))
    return value;
  const range = among ? `one of ${among.join(', ')}` : `${integer ? 'a whole number ' : ''}from ${min} to ${max}`;
  throw new Problem(`${name} is ${value}; it has to be ${range}.`, { where: `options.${name}` });
}
