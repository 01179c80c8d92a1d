import { IGNORE } from '../../../src-main/contract/dataset.ts';
import { fillHoles, keepLargest, removeSpecks } from '../../../src-main/labels/cleaning.ts';
import { morphClass } from '../../../src-main/labels/morphology.ts';
import { pixelAt } from '../../canvas/viewport.ts';
import type { Tool, ToolAction, Work } from './tool.ts';

/** Tidies up the class that is drawn with, in the whole image; a click chooses the class. */
export const tidy = (work: Work): Tool => ({
  down(at) {
    const { document } = work.session;
    const pixel = pixelAt(at, document);
    const label = pixel ? document.classes[pixel.y * document.width + pixel.x] : IGNORE;
    if (label !== IGNORE) work.choose(label);
  },
  act(action: ToolAction) {
    const { document } = work.session;
    const { radius, area } = work.options;
    const stroke = work.begin();
    const span = (y: number, from: number, to: number, value: number) => stroke.span(y, from, to, value);
    if (action === 'close' || action === 'open' || action === 'dilate' || action === 'erode')
      morphClass(document, work.label, action, radius, span);
    else if (action === 'holes') fillHoles(document, work.label, area, span);
    else if (action === 'specks') removeSpecks(document, work.label, area + 1, IGNORE, span);
    else if (action === 'largest') keepLargest(document, work.label, 1, span);
    if (!work.commit(stroke, action)) work.say('There was nothing to tidy in this class.');
  },
  cancel() {},
});
