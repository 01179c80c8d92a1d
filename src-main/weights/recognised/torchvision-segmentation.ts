/** FCN, DeepLabV3 and Lite R-ASPP of torchvision, of any number of classes; published with those of Pascal VOC. */
import type { NetworkRef } from '../../contract/model.ts';
import { VOC_CLASS_INFO } from '../../datasets/classes/voc.ts';
import type { FileTensor } from '../tensor-file.ts';
import { IMAGENET_PREPROCESSING, type Recognise, renamed } from './recognised.ts';

type Tensors = ReadonlyMap<string, FileTensor>;

interface Head {
  id: string;
  /** What it is known by, of which the first size is its channels. */
  first: string;
  /** The classifier, of which the first size is the outputs. */
  last: string;
  options?(backbone: Backbone): Record<string, number>;
  /** @returns undefined for what the network has no place for */
  ourName(name: string): string | undefined;
}

interface Backbone {
  id: string;
  options: Record<string, number>;
  stride: number;
}

const HEADS: readonly Head[] = [
  {
    id: 'deeplabv3',
    first: 'classifier.0.convs.0.0.weight',
    last: 'classifier.4.weight',
    // Its dilations are 12, 24 and 36 at whatever stride
    options: ({ stride }) => ({ project: 1, dilation: 12 * stride }),
    ourName: (name) =>
      replaced(name, [
        [/^classifier\.0\.convs\.4\.1\./, 'decode_head.image_pool.1.conv.'],
        [/^classifier\.0\.convs\.4\.2\./, 'decode_head.image_pool.1.bn.'],
        [/^classifier\.0\.convs\.(\d)\.0\./, 'decode_head.aspp_modules.$1.conv.'],
        [/^classifier\.0\.convs\.(\d)\.1\./, 'decode_head.aspp_modules.$1.bn.'],
        [/^classifier\.0\.project\.0\./, 'decode_head.project.conv.'],
        [/^classifier\.0\.project\.1\./, 'decode_head.project.bn.'],
        [/^classifier\.1\./, 'decode_head.bottleneck.conv.'],
        [/^classifier\.2\./, 'decode_head.bottleneck.bn.'],
        [/^classifier\.4\./, 'decode_head.conv_seg.'],
      ]),
  },
  {
    id: 'fcn',
    first: 'classifier.0.weight',
    last: 'classifier.4.weight',
    options: () => ({ convs: 1 }),
    ourName: (name) =>
      replaced(name, [
        [/^classifier\.0\./, 'decode_head.convs.0.conv.'],
        [/^classifier\.1\./, 'decode_head.convs.0.bn.'],
        [/^classifier\.4\./, 'decode_head.conv_seg.'],
      ]),
  },
  {
    id: 'lraspp',
    first: 'classifier.cbr.0.weight',
    last: 'classifier.high_classifier.weight',
    ourName: (name) => name,
  },
];

export const torchvisionSegmentation: Recognise = (tensors) => {
  const head = HEADS.find(({ first, last }) => tensors.has(first) && tensors.has(last));
  const backbone = backboneOf(tensors);
  if (!head || !backbone) return undefined;
  const channels = tensors.get(head.first)!.shape[0];
  const outputs = tensors.get(head.last)!.shape[0];
  const network: NetworkRef = {
    id: `${head.id}-${backbone.id}`,
    options: { ...backbone.options, channels, ...head.options?.(backbone) },
  };
  const named = renamed(tensors, (name) => (name.startsWith('backbone.') ? name : head.ourName(name)));
  const project = 'decode_head.project.conv.weight';
  if (head.id === 'deeplabv3' && named.has(project)) named.set(project, imageFirst(named.get(project)!, channels));
  return {
    network,
    outputs,
    tensors: named,
    ...(outputs === VOC_CLASS_INFO.length
      ? {
          classes: [...VOC_CLASS_INFO],
          preprocessing: IMAGENET_PREPROCESSING,
          licence: 'BSD-3-Clause',
          source: 'A network of torchvision, which publishes it trained on COCO with the classes of Pascal VOC',
        }
      : {}),
  };
};

/** Every backbone that torchvision has in these networks, or that its functions put there. */
function backboneOf(tensors: Tensors): Backbone | undefined {
  if (tensors.has('backbone.0.0.weight')) {
    const large = tensors.has('backbone.16.0.weight');
    return { id: large ? 'mobilenetv3-large' : 'mobilenetv3-small', options: { stride: 16 }, stride: 16 };
  }
  if (!tensors.has('backbone.conv1.weight')) return undefined;
  const has = (block: string) => tensors.has(`backbone.${block}.conv1.weight`);
  const deep = tensors.has('backbone.layer1.0.conv3.weight');
  const grouped = tensors.get('backbone.layer1.0.conv2.weight')?.shape[1];
  const depth = has('layer3.22') ? 101 : has('layer3.5') ? (deep ? 50 : 34) : 18;
  const next = deep && grouped !== undefined && grouped < 64;
  return { id: `${next ? 'rx' : 'r'}${depth}`, options: { stride: 8, deepStem: 0 }, stride: 8 };
}

function replaced(name: string, rules: readonly [RegExp, string][]): string | undefined {
  const rule = rules.find(([pattern]) => pattern.test(name));
  return rule && name.replace(...rule);
}

/** The filter of the 1×1 convolution over the pyramid, which has the image's mean last there and first here. */
function imageFirst(tensor: FileTensor, channels: number): FileTensor {
  const inputs = tensor.shape[1];
  const data = new Float32Array(tensor.data.length);
  for (let i = 0; i < data.length; i++) {
    const at = i % inputs;
    data[i - at + ((at + channels) % inputs)] = tensor.data[i];
  }
  return { ...tensor, data };
}
