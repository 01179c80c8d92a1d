/** Resizing, in the words of each opset. */
import { type ReadCall, type ReadOperator, Unmapped } from './reader.ts';
import type { Feature } from './value.ts';

export const resizing: Record<string, ReadOperator> = {
  Resize: (call) => {
    const axes = call.ints('axes') ?? [0, 1, 2, 3];
    const along = (list: number[] | undefined, axis: number) => {
      const i = axes.indexOf(axis);
      return list?.length ? list[i] : undefined;
    };
    const [scales, sizes] = call.opset < 11 ? [call.list(1), undefined] : [call.list(2), call.list(3)];
    const x = call.picture(0);
    const to = ([0, 1] as const).map((axis) => {
      const scale = along(scales, axis + 2);
      return along(sizes, axis + 2) ?? (scale === undefined ? x.size[axis] : Math.floor(x.size[axis] * scale + 1e-6));
    });
    const mode = call.text('mode', 'nearest');
    const places = call.opset < 11 ? 'asymmetric' : call.text('coordinate_transformation_mode', 'half_pixel');
    return resize(call, x, to[0], to[1], mode, places, call.text('nearest_mode', 'round_prefer_floor'));
  },

  Upsample: (call) => {
    const x = call.picture(0);
    const scales = call.list(1) ?? [];
    const to = [0, 1].map((axis) => Math.floor(x.size[axis] * scales[axis + 2] + 1e-6));
    return resize(call, x, to[0], to[1], call.text('mode', 'nearest'), 'asymmetric', 'floor');
  },
};

function resize(
  call: ReadCall,
  x: Feature,
  height: number,
  width: number,
  mode: string,
  places: string,
  rounding: string,
): Feature {
  if (!(height > 0 && width > 0)) throw new Unmapped('its size is not told');
  if (height === x.size[0] && width === x.size[1]) return x;
  const attrs = mode === 'nearest' ? nearest(x, height, width, places, rounding) : linear(x, mode, places);
  const [down, across] = [height / x.size[0], width / x.size[1]];
  // From one pixel and to uneven sizes: as large as something else in the graph is
  if (down === across && Number.isInteger(down) && x.size[0] * x.size[1] > 1) {
    return call.add('resize', [x], { factor: down, ...attrs });
  }
  for (const [node, size] of call.graph.sizes) {
    if (size[0] === height && size[1] === width) {
      return call.add('resize', [x, { kind: 'feature', node, size, dims: [] }], attrs);
    }
  }
  return call.add('resize', [x], { height, width, ...attrs });
}

function linear(x: Feature, mode: string, places: string): Record<string, number> {
  if (mode !== 'linear' && mode !== 'bilinear') throw new Unmapped(`it resizes by ${mode || 'nothing known'}`);
  if (places === 'align_corners') return { alignCorners: 1 };
  // From one pixel every rule gives that pixel
  if (places === 'half_pixel' || places === 'pytorch_half_pixel' || x.size[0] * x.size[1] === 1) return {};
  throw new Unmapped(`it finds its places by ${places}`);
}

function nearest(x: Feature, height: number, width: number, places: string, rounding: string): Record<string, number> {
  const rule = `${places} ${rounding}`;
  if (rule === 'asymmetric floor') return { nearest: 1 };
  if (rule === 'half_pixel round_prefer_ceil') return { nearest: 1, exact: 1 };
  if (rule === 'align_corners round_prefer_ceil') return { nearest: 1, alignCorners: 1 };
  // Whole factors upwards leave no place between two pixels
  const whole = height % x.size[0] === 0 && width % x.size[1] === 0;
  if (whole && ['half_pixel round_prefer_floor', 'pytorch_half_pixel round_prefer_floor'].includes(rule)) {
    return { nearest: 1, exact: 1 };
  }
  if (
    whole &&
    places === 'asymmetric' &&
    rounding === 'round_prefer_floor' &&
    height === x.size[0] * 2 &&
    width === x.size[1] * 2
  ) {
    return { nearest: 1 };
  }
  throw new Unmapped(`it finds the nearest pixel by ${rule}`);
}
