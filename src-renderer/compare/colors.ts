/** Colour scales for maps and matrices: evenly stepped in lightness, told apart by the colour-blind. Pure. */
type Color = readonly [number, number, number];

/** Dark to light, for values from small to large. */
export const SEQUENTIAL: readonly Color[] = [
  [8, 8, 24],
  [58, 20, 92],
  [122, 32, 110],
  [186, 54, 92],
  [232, 98, 60],
  [250, 164, 58],
  [252, 244, 180],
];

/** Blue for less, grey for the same, orange for more. */
export const DIVERGING: readonly Color[] = [
  [30, 90, 190],
  [120, 165, 225],
  [225, 225, 225],
  [245, 165, 100],
  [205, 85, 20],
];

/** The colour of a share in 0–1. */
export function colorAt(scale: readonly Color[], share: number): [number, number, number] {
  const place = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0)) * (scale.length - 1);
  const lower = Math.min(Math.floor(place), scale.length - 2);
  const part = place - lower;
  return [0, 1, 2].map((i) => Math.round(scale[lower][i] * (1 - part) + scale[lower + 1][i] * part)) as [
    number,
    number,
    number,
  ];
}

/** A float map as RGBA pixels between two values. */
export function paintMap(data: Float32Array, range: readonly [number, number]): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(data.length * 4);
  const span = range[1] - range[0] || 1;
  const table = Array.from({ length: 256 }, (_, i) => colorAt(SEQUENTIAL, i / 255));
  for (let i = 0; i < data.length; i++) {
    const step = Math.min(255, Math.max(0, Math.round(((data[i] - range[0]) / span) * 255))) || 0;
    pixels.set(table[step], i * 4);
    pixels[i * 4 + 3] = 255;
  }
  return pixels;
}

/** A scale for CSS and charts. */
export function cssScale(scale: readonly Color[]): string[] {
  return scale.map(([red, green, blue]) => `rgb(${red}, ${green}, ${blue})`);
}
