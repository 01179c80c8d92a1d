/** ResNet and ResNeXt of torchvision, trained on ImageNet. */
import { buildNetwork } from '../../networks/registry.ts';
import { asConvolution, has, IMAGENET, IMAGENET_PREPROCESSING, type Recognise, renamed } from './recognised.ts';

/** The larger ones first: they have all arrays of the smaller ones too. */
const VARIANTS = ['rx101', 'r101', 'rx50', 'r50', 'r34', 'r18'];

/** `layer1.0.conv1.weight` is `backbone.layer1.0.conv1.weight` here. */
export const torchvisionResnet: Recognise = (tensors) => {
  if (!has(tensors, 'conv1.weight', [64, 3, 7, 7]) || tensors.get('fc.weight')?.shape[0] !== IMAGENET.outputs) {
    return undefined;
  }
  const named = renamed(tensors, (name) => (name.startsWith('fc.') ? `head.${name}` : `backbone.${name}`));
  named.set('head.fc.weight', asConvolution(named.get('head.fc.weight')!));
  for (const variant of VARIANTS) {
    const network = { id: `classifier-${variant}`, options: { deepStem: 0 } };
    const { params } = buildNetwork(network, IMAGENET.outputs);
    if (!params.every(({ torchName, torchShape }) => has(named, torchName, torchShape))) continue;
    return {
      network,
      ...IMAGENET,
      preprocessing: IMAGENET_PREPROCESSING,
      licence: 'BSD-3-Clause',
      source: 'A ResNet of torchvision, trained on ImageNet',
      tensors: named,
    };
  }
  return undefined;
};
