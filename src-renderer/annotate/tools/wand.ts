import { wand as area } from '../../../src-main/labels/wand.ts';
import { pixelAt } from '../../canvas/viewport.ts';
import type { Tool, Work } from './tool.ts';

/** Gives pixels of about the colour of the one that is clicked the class that is drawn with. */
export const wand = (work: Work): Tool => ({
  down(at) {
    const { document } = work.session;
    const pixel = pixelAt(at, document);
    const picture = work.picture();
    if (!pixel || !picture) return;
    const { tolerance, everywhere } = work.options;
    const stroke = work.begin();
    area(picture, pixel.x, pixel.y, { tolerance, connected: !everywhere }, (y, from, to) =>
      stroke.span(y, from, to, work.label),
    );
    work.commit(stroke, 'wand');
  },
  cancel() {},
});
