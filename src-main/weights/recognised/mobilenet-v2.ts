/** MobileNetV2 of torchvision, trained on ImageNet. */
import { asConvolution, has, IMAGENET, IMAGENET_PREPROCESSING, type Recognise, renamed } from './recognised.ts';

/** Of the seven stages. */
const BLOCKS = [1, 2, 3, 4, 3, 3, 1];

export const mobilenetV2: Recognise = (tensors) => {
  if (!has(tensors, 'features.0.0.weight', [32, 3, 3, 3])) return undefined;
  if (!has(tensors, 'features.18.0.weight', [1280, 320, 1, 1])) return undefined;
  if (!has(tensors, 'classifier.1.weight', [IMAGENET.outputs, 1280])) return undefined;
  const named = renamed(tensors, ourName);
  const head = named.get('head.fc.weight')!;
  return {
    network: { id: 'classifier-mobilenetv2', options: {} },
    ...IMAGENET,
    preprocessing: IMAGENET_PREPROCESSING,
    licence: 'BSD-3-Clause',
    source: 'MobileNetV2 of torchvision, trained on ImageNet',
    tensors: named.set('head.fc.weight', asConvolution(head)),
  };
};

/** `features.5.conv.1.0.weight` is `backbone.layer3.1.conv.1.conv.weight` here. */
function ourName(name: string): string | undefined {
  const head = /^classifier\.1\.(\w+)$/.exec(name);
  if (head) return `head.fc.${head[1]}`;
  const found = /^features\.(\d+)\.(?:conv\.)?([\d.]+)\.(\w+)$/.exec(name);
  if (!found) return undefined;
  const [, feature, place, array] = found;
  const at = Number(feature);
  const part = (index: string) => `${index === '0' ? 'conv' : 'bn'}.${array}`;
  if (at === 0) return `backbone.conv1.${part(place)}`;
  if (at === 18) return `backbone.conv2.${part(place)}`;
  let [stage, block] = [0, at - 1];
  while (stage < BLOCKS.length - 1 && block >= BLOCKS[stage]) block -= BLOCKS[stage++];
  const conv = `backbone.layer${stage + 1}.${block}.conv`;
  // Two or three convolutions, the last one and its batch norm side by side with the others' pairs
  const [first, second] = place.split('.');
  if (second !== undefined) return `${conv}.${first}.${part(second)}`;
  const last = stage === 0 ? 1 : 2;
  return `${conv}.${last}.${part(String(Number(first) - last))}`;
}
