import { connectedArea } from '../../../src-main/labels/connected.ts';
import { pixelAt } from '../../canvas/viewport.ts';
import type { Tool, Work } from './tool.ts';

/** Gives all pixels of a class that hang together the class that is drawn with; or all of them in the image. */
export const fill = (work: Work): Tool => ({
  down(at) {
    const { document } = work.session;
    const pixel = pixelAt(at, document);
    if (!pixel) return;
    const { width, classes } = document;
    const found = classes[pixel.y * width + pixel.x];
    const stroke = work.begin();
    const span = (y: number, from: number, to: number) => stroke.span(y, from, to, work.label);
    if (work.options.everywhere) {
      for (let y = 0, i = 0; y < document.height; y++) {
        for (let x = 0; x < width; x++, i++) if (classes[i] === found) span(y, x, x + 1);
      }
    } else {
      connectedArea(document, pixel.x, pixel.y, (place) => classes[place] === found, span);
    }
    work.commit(stroke, 'fill');
  },
  cancel() {},
});
