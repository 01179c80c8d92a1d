/** What a model sees in an image: the three likeliest outputs of each pixel. */
import type { Prediction } from '../contract/job.ts';
import type { RgbImage } from '../datasets/codec.ts';
import { denseCrf } from '../evaluation/crf/dense-crf.ts';
import { probabilitiesOf } from '../evaluation/whole-image.ts';
import type { OpenModel } from '../training/model.ts';

const PLACES = 3;

/**
 * Where a model has fewer than three outputs, the places left over are output 0 with probability 0.
 * @param crf whether the dense CRF comes after the network
 */
export function topClasses(model: OpenModel, image: RgbImage, crf = false): Prediction {
  const { height, width } = image;
  const pixels = height * width;
  const { probabilities: own } = probabilitiesOf(model, image);
  const planes = crf ? denseCrf(own, image) : own;
  const outputs = planes.length / pixels;
  const classes = new Uint8Array(PLACES * pixels);
  const probabilities = new Uint16Array(PLACES * pixels);
  for (let p = 0; p < pixels; p++) rankPixel(planes, p, outputs, pixels, classes, probabilities);
  return { height, width, classes, probabilities };
}

/** Puts one pixel's likeliest outputs in their places, best first; of equals the lower output comes first. */
function rankPixel(
  values: Float32Array,
  pixel: number,
  outputs: number,
  pixels: number,
  classes: Uint8Array,
  probabilities: Uint16Array,
): void {
  const best = [-1, -1, -1];
  const which = [0, 0, 0];
  for (let output = 0; output < outputs; output++) {
    const value = values[pixel * outputs + output];
    let place = PLACES;
    while (place > 0 && value > best[place - 1]) place--;
    for (let k = PLACES - 1; k > place; k--) {
      best[k] = best[k - 1];
      which[k] = which[k - 1];
    }
    if (place < PLACES) {
      best[place] = value;
      which[place] = output;
    }
  }
  for (let place = 0; place < PLACES; place++) {
    classes[place * pixels + pixel] = which[place];
    probabilities[place * pixels + pixel] = Math.round(Math.max(0, best[place]) * 65535);
  }
}
