import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { colourPoints } from '../../../src-renderer/map/colours.ts';
import { CHOSEN, DIM, type Look, PLAIN, paintPoints, pixel } from '../../../src-renderer/map/paint.ts';
import { itemsInside, nearestPoint, type Points, readPoints, SIDE } from '../../../src-renderer/map/points.ts';

function answer(items: number[], points: number[]): ArrayBuffer {
  const bytes = new ArrayBuffer(12 * items.length);
  new Int32Array(bytes, 0, items.length).set(items);
  new Float32Array(bytes, 4 * items.length).set(points);
  return bytes;
}

const pointsAt = (...places: [number, number][]): Points => ({
  items: Int32Array.from(places, (_, i) => 100 + i),
  x: Float32Array.from(places, ([x]) => x),
  y: Float32Array.from(places, ([, y]) => y),
});

describe('reading points', () => {
  test('lays them into the square with a margin, in their own proportions', () => {
    const { items, x, y } = readPoints(answer([7, 3, 9], [-10, 0, 10, 5, 0, 10]));
    expect([...items]).toEqual([7, 3, 9]);
    expect([...x]).toEqual([40, 960, 500]);
    expect([...y]).toEqual([270, 500, 730]);
  });

  test('a single point, or all in one place, lies in the middle; none is none', () => {
    expect(readPoints(answer([1], [5, 7]))).toMatchObject({ x: Float32Array.of(500), y: Float32Array.of(500) });
    expect([...readPoints(answer([1, 2], [5, 7, 5, 7])).x]).toEqual([SIDE / 2, SIDE / 2]);
    expect(readPoints(answer([], [])).items).toHaveLength(0);
  });
});

test('the nearest point is found, but not from too far away', () => {
  const points = pointsAt([10, 10], [20, 10], [21, 12]);
  expect(nearestPoint(points, { x: 12, y: 10 }, 5)).toBe(0);
  expect(nearestPoint(points, { x: 21, y: 11.5 }, 5)).toBe(2);
  expect(nearestPoint(points, { x: 100, y: 100 }, 5)).toBeNull();
});

describe('a lasso', () => {
  test('takes what a square holds, whichever way round it is drawn', () => {
    const square = [
      { x: 0, y: 0 },
      { x: 10, y: 0 },
      { x: 10, y: 10 },
      { x: 0, y: 10 },
    ];
    const place = fc.tuple(fc.double({ min: -5, max: 15, noNaN: true }), fc.double({ min: -5, max: 15, noNaN: true }));
    fc.assert(
      fc.property(fc.array(place, { maxLength: 30 }), (places) => {
        const points = pointsAt(...places);
        const inside = [...points.items].filter((_, i) => {
          return points.x[i] > 0 && points.x[i] < 10 && points.y[i] > 0 && points.y[i] < 10;
        });
        const found = itemsInside(points, square);
        // Points on the outline itself may be in or out.
        const within = found.filter((item) => inside.includes(item));
        expect(within).toEqual(inside);
        expect(itemsInside(points, [...square].reverse()).filter((item) => inside.includes(item))).toEqual(inside);
        const { x, y } = points;
        const outside = (i: number) => x[i] < 0 || x[i] > 10 || y[i] < 0 || y[i] > 10;
        expect(found.every((item) => !outside(item - 100))).toBe(true);
      }),
    );
  });

  test('leaves out the hollow of a shape, and what is crossed twice', () => {
    const hollow = [
      { x: 0, y: 0 },
      { x: 30, y: 0 },
      { x: 30, y: 30 },
      { x: 20, y: 30 },
      { x: 20, y: 10 },
      { x: 10, y: 10 },
      { x: 10, y: 30 },
      { x: 0, y: 30 },
    ];
    expect(itemsInside(pointsAt([5, 20], [15, 20], [25, 20], [15, 5]), hollow)).toEqual([100, 102, 103]);
    expect(itemsInside(pointsAt([5, 5]), [])).toEqual([]);
  });
});

describe('painting', () => {
  const [ground, dim, ring, red, blue] = [
    [0, 0, 0],
    [60, 60, 60],
    [255, 255, 255],
    [255, 0, 0],
    [0, 0, 255],
  ].map(pixel);
  const look = (marks: number[], colours: number[]): Look => ({
    colours: Uint32Array.from(colours),
    marks: Uint8Array.from(marks),
    radius: 1.5,
    ground,
    dim,
    ring,
  });
  const picture = () => ({ width: 21, height: 11, pixels: new Uint32Array(21 * 11) });
  const view = { x: 0, y: 0, scale: 2 };
  const at = (drawn: ReturnType<typeof picture>, x: number, y: number) => drawn.pixels[y * 21 + x];

  test('puts each point where the view says, in its colour, on the ground', () => {
    const drawn = picture();
    paintPoints(drawn, pointsAt([0, 0], [4, 1]), view, look([PLAIN, PLAIN], [red, blue]));
    // The middle of 21 × 11 pixels lies between pixels and is rounded up.
    expect(at(drawn, 11, 6)).toBe(red);
    expect(at(drawn, 19, 8)).toBe(blue);
    expect(at(drawn, 0, 0)).toBe(ground);
  });

  test('softens the edge: half covered is half the colour', () => {
    const drawn = picture();
    paintPoints(drawn, pointsAt([0, 0]), view, { ...look([PLAIN], [red]), radius: 1 });
    expect(at(drawn, 12, 6)).toBe(pixel([127, 0, 0]));
    expect(at(drawn, 12, 7)).toBe(pixel([Math.floor((255 * Math.round(256 * (1.5 - Math.SQRT2))) / 256), 0, 0]));
  });

  test('chosen points lie on top with a ring, dim ones below and grey', () => {
    const drawn = picture();
    paintPoints(drawn, pointsAt([0, 0], [0, 0], [1, 0]), view, look([CHOSEN, DIM, DIM], [red, blue, blue]));
    expect(at(drawn, 11, 6)).toBe(red);
    expect(at(drawn, 14, 6)).toBe(ring);
    expect(at(drawn, 15, 6)).not.toBe(blue);
  });

  test('what lies outside of the picture is cut off', () => {
    const drawn = picture();
    paintPoints(drawn, pointsAt([-5.5, 0], [100, 100]), view, look([PLAIN, PLAIN], [red, blue]));
    expect(at(drawn, 0, 6)).toBe(red);
    expect([...drawn.pixels].includes(blue)).toBe(false);
    // Not on the other side either.
    expect(at(drawn, 20, 5)).toBe(ground);
  });
});

describe('colours', () => {
  const dataset = {
    classes: [
      { name: 'Sky', color: [1, 2, 3] as [number, number, number] },
      { name: 'Road', color: [4, 5, 6] as [number, number, number] },
    ],
    splits: [
      { name: 'train', items: 2 },
      { name: 'val', items: 1 },
    ],
  };

  test('of classes are the data set’s; only those that occur are told', () => {
    const { colours, legend } = colourPoints({ kind: 'class' }, Float32Array.of(1, 1, Number.NaN), 3, dataset);
    expect([...colours]).toEqual([pixel([4, 5, 6]), pixel([4, 5, 6]), pixel([128, 128, 128])]);
    expect(legend).toEqual({
      kind: 'list',
      entries: [
        { label: 'Road', css: 'rgb(4 5 6)', points: 2 },
        { label: 'without', css: 'rgb(128 128 128)', points: 1 },
      ],
    });
  });

  test('of splits and tags differ and are counted', () => {
    const splits = colourPoints({ kind: 'split' }, Float32Array.of(0, 1, 0), 3, dataset);
    expect(splits.colours[0]).not.toBe(splits.colours[1]);
    expect(splits.legend).toMatchObject({
      entries: [
        { label: 'train', points: 2 },
        { label: 'val', points: 1 },
      ],
    });
    const tag = colourPoints({ kind: 'tag', tag: 'odd' }, Float32Array.of(0, 1), 2, dataset);
    expect(tag.legend).toMatchObject({ entries: [{ label: 'without the tag' }, { label: 'odd', points: 1 }] });
  });

  test('of scores go from dark to light; grey where there is none or nothing has come yet', () => {
    const by = { kind: 'score', evaluation: 1 } as const;
    const { colours, legend } = colourPoints(by, Float32Array.of(0, 1, Number.NaN), 3, dataset);
    expect([...colours]).toEqual([pixel([8, 8, 24]), pixel([252, 244, 180]), pixel([128, 128, 128])]);
    expect(legend).toEqual({ kind: 'scale', none: 1 });
    expect([...colourPoints(by, null, 2, dataset).colours]).toEqual(new Array(2).fill(pixel([128, 128, 128])));
  });
});
