/** How the cells of a tap's grid are weighted for an image's mean feature, and for each class's. */

/** Height and width. */
type Size = readonly [number, number];

export interface Pooling {
  /** The classes that get a mean of their own, and their pixels. */
  classes: { class: number; pixels: number }[];
  /** Rows that each sum to 1: the image's, then one for each of `classes`; row-major, (1 + classes) × cells. */
  weights: Float32Array;
}

/**
 * Weights by area: a cell counts by the pixels of the image, or of a class, that lie in it. Cells of what was padded to
 * the input below and on the right count nothing, and neither does a class that has less than a cell's worth of pixels.
 * @param labels class of each pixel, row-major; values from `classes` on are ignored; null: no class gets a mean
 * @param image the image's size in pixels
 * @param input its size with the padding
 * @param grid the tap's size in cells
 */
export function pooling(
  labels: ArrayLike<number> | null,
  classes: number,
  image: Size,
  input: Size,
  grid: Size,
): Pooling {
  const [height, width] = image;
  const [rows, columns] = grid;
  const cells = rows * columns;
  const column = Int32Array.from({ length: width }, (_, x) => Math.floor((x * columns) / input[1]));
  const counts = new Float64Array((1 + (labels ? classes : 0)) * cells);
  const pixels = new Float64Array(classes);
  for (let y = 0, p = 0; y < height; y++) {
    const row = Math.floor((y * rows) / input[0]) * columns;
    for (let x = 0; x < width; x++, p++) {
      const cell = row + column[x];
      counts[cell]++;
      if (labels && labels[p] < classes) {
        counts[(1 + labels[p]) * cells + cell]++;
        pixels[labels[p]]++;
      }
    }
  }
  const cellPixels = (input[0] * input[1]) / cells;
  const found = [...pixels.keys()].filter((c) => pixels[c] >= cellPixels).map((c) => ({ class: c, pixels: pixels[c] }));
  const weights = new Float32Array((1 + found.length) * cells);
  const copyRow = (to: number, from: number, total: number) => {
    for (let cell = 0; cell < cells; cell++) weights[to * cells + cell] = counts[from * cells + cell] / total;
  };
  copyRow(0, 0, height * width);
  for (const [i, one] of found.entries()) copyRow(1 + i, 1 + one.class, one.pixels);
  return { classes: found, weights };
}
