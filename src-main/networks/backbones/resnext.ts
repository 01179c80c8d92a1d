/**
 * ResNeXt (Xie et al., CVPR 2017, arXiv 1611.05431): ResNet whose 3×3 convolutions filter in groups, so that many narrow
 * paths lie side by side at the cost of a few wide ones. Names and details are those of mmsegmentation's ResNeXt with a
 * deep stem. A group's channels double from stage to stage; `width` leaves them as they are.
 */
import type { Backbone } from '../network.ts';
import { addGrouped, resnet } from './resnet.ts';

export const resnext50 = resnext('rx50', 'ResNeXt-50 32×4d', [3, 4, 6, 3], { groups: 32, groupWidth: 4 });
export const resnext101 = resnext('rx101', 'ResNeXt-101 32×8d', [3, 4, 23, 3], { groups: 32, groupWidth: 8 });

function resnext(
  id: string,
  title: string,
  blocks: readonly [number, number, number, number],
  { groups, groupWidth }: { groups: number; groupWidth: number },
): Backbone {
  return resnet(id, title, {
    blocks,
    citation: 'Xie et al., Aggregated Residual Transformations for Deep Neural Networks, CVPR 2017',
    add: (b, name, input, block, stage) =>
      addGrouped(b, name, input, block, { inner: groups * groupWidth * 2 ** stage, groups }),
  });
}
