/**
 * Arrays and pictures, by URL under the page's own origin. Label maps and predictions are raw planes; the headers
 * `x-width` and `x-height` give their size.
 */
export const resources = {
  /** The picture's own file. */
  image: (item: number) => `/data/items/${item}/image`,
  thumbnail: (item: number) => `/data/items/${item}/thumbnail`,
  /**
   * An item's labels in the colours of their classes, as small as its thumbnail; ignored pixels are clear.
   * @param version another one whenever the labels may have changed, so that no older picture is shown
   */
  labelThumbnail: (item: number, version: string) => `/data/items/${item}/label-thumbnail?version=${version}`,
  /** One byte per pixel: class, 255 = ignore. */
  labels: (item: number) => `/data/items/${item}/labels`,
  /**
   * The label map as it is edited, or as it was after an entry: `labels/planes.ts`. The header `x-planes` is 1 or, with
   * instances, 3.
   */
  annotation: (item: number, at?: number) => `/data/items/${item}/annotation${at === undefined ? '' : `?at=${at}`}`,
  /** The same of the label map's source as it is now, without what was edited. */
  source: (item: number) => `/data/items/${item}/source`,
  /** An example of a preview: a small JPEG, and its label map at the same size, as `labels`. */
  example: (preview: string, index: number) => `/data/previews/${preview}/${index}/image`,
  exampleLabels: (preview: string, index: number) => `/data/previews/${preview}/${index}/labels`,
  /** Three planes of class bytes, then three planes of little-endian 16-bit probabilities × 65535, likeliest first. */
  prediction: (key: string) => `/data/predictions/${key}`,
  /** What a request of `assist.…` found: see its answer. */
  assist: (key: string) => `/data/assist/${key}`,
  /** Little-endian float32, row-major. */
  map: (key: string) => `/data/maps/${key}`,
} as const;
