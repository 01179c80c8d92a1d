import { IGNORE } from '../../../src-main/contract/dataset.ts';
import { pixelAt } from '../../canvas/viewport.ts';
import type { Tool, Work } from './tool.ts';

/** Chooses the class of the pixel that is clicked. */
export const pick = (work: Work): Tool => ({
  down(at) {
    const { document } = work.session;
    const pixel = pixelAt(at, document);
    if (!pixel) return;
    const label = document.classes[pixel.y * document.width + pixel.x];
    if (label === IGNORE) work.say('This pixel has no class.');
    else work.choose(label);
  },
  cancel() {},
});
