/** EfficientNet-Lite with the names of efficientnet_pytorch, trained on ImageNet by TensorFlow's authors. */
import { buildNetwork } from '../../networks/registry.ts';
import { asConvolution, has, IMAGENET, type Recognise, renamed } from './recognised.ts';

const VARIANTS = ['lite0', 'lite1', 'lite2', 'lite3', 'lite4'];

export const efficientnetLite: Recognise = (tensors) => {
  if (!tensors.has('_conv_stem.weight') || tensors.has('_blocks.0._se_reduce.weight')) return undefined;
  if (!has(tensors, '_fc.weight', [IMAGENET.outputs, 1280])) return undefined;
  for (const variant of VARIANTS) {
    const network = { id: `classifier-efficientnet-${variant}`, options: {} };
    const { params } = buildNetwork(network, IMAGENET.outputs);
    const blocks = [...new Set(params.flatMap(({ torchName }) => /^backbone\.blocks\.\d+\.\d+/.exec(torchName) ?? []))];
    const named = renamed(tensors, (name) => ourName(name, blocks));
    named.set('head.fc.weight', asConvolution(named.get('head.fc.weight')!));
    if (!params.every(({ torchName, torchShape }) => has(named, torchName, torchShape))) continue;
    return {
      network,
      ...IMAGENET,
      preprocessing: { channels: 'rgb', mean: [127, 127, 127], std: [128, 128, 128], scale: 1 },
      licence: 'Apache-2.0',
      source: `EfficientNet-${variant[0].toUpperCase()}${variant.slice(1)} of TensorFlow's authors, trained on ImageNet`,
      tensors: named,
    };
  }
  return undefined;
};

/** @param blocks what each block is called here, in order */
function ourName(name: string, blocks: readonly string[]): string | undefined {
  const found = /^(?:_blocks\.(\d+)\.)?_(\w+)\.(\w+)$/.exec(name);
  if (!found) return undefined;
  const [, block, part, array] = found;
  if (block === undefined) {
    const outer: Record<string, string> = {
      ...{ conv_stem: 'backbone.conv_stem', bn0: 'backbone.bn1' },
      ...{ conv_head: 'backbone.conv_head', bn1: 'backbone.bn2', fc: 'head.fc' },
    };
    return Object.hasOwn(outer, part) ? `${outer[part]}.${array}` : undefined;
  }
  // The first block does not widen: its second convolution is its last
  const first = block === '0';
  const inner: Record<string, string> = {
    ...{ expand_conv: 'conv_pw', bn0: 'bn1' },
    ...{ depthwise_conv: 'conv_dw', bn1: first ? 'bn1' : 'bn2' },
    ...(first ? { project_conv: 'conv_pw', bn2: 'bn2' } : { project_conv: 'conv_pwl', bn2: 'bn3' }),
  };
  const prefix = blocks[Number(block)];
  return prefix && Object.hasOwn(inner, part) ? `${prefix}.${inner[part]}.${array}` : undefined;
}
