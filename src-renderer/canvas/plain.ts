import { ERRORS, errorKind } from './palette.ts';
import type { Plane } from './planes.ts';
import { indexAt } from './planes.ts';
import type { Frame, PaneDrawing, Renderer } from './renderer.ts';

/** Of a pane, what its labels are painted from. */
type LabelDrawing = Pick<PaneDrawing, 'labels' | 'truth' | 'teacher' | 'mode' | 'opacity' | 'contours'>;

/** The label colours of a pane as RGBA pixels at the size of its label map; what the shader does, on the CPU. */
export function paintLabels(pane: LabelDrawing, palette: Uint8Array): Uint8ClampedArray<ArrayBuffer> | null {
  const { labels, truth, teacher } = pane;
  if (!labels || pane.mode === 'image' || (pane.mode === 'errors' && !truth)) return null;
  const pixels = new Uint8ClampedArray(labels.width * labels.height * 4);
  const same = (other: Plane | null, x: number, y: number) =>
    other?.data[indexAt(other, (x + 0.5) / labels.width, (y + 0.5) / labels.height)];
  const colors = [null, ERRORS.student.color, ERRORS.teacher.color, ERRORS.both.color];
  for (let y = 0, i = 0; y < labels.height; y++) {
    for (let x = 0; x < labels.width; x++, i++) {
      const value = labels.data[i];
      if (pane.mode === 'labels') {
        if (value === 255) continue;
        const alpha = palette[value * 4 + 3] * edgeOpacity(pane, labels, x, y, value);
        pixels.set([palette[value * 4], palette[value * 4 + 1], palette[value * 4 + 2], alpha], i * 4);
        continue;
      }
      const right = same(truth, x, y) ?? 255;
      const counts = right !== 255 && palette[right * 4 + 3] > 0;
      const color = counts ? colors[errorKind(right, value, same(teacher, x, y) ?? null)] : null;
      if (color) pixels.set([...color, 255 * 0.85], i * 4);
    }
  }
  return pixels;
}

function edgeOpacity(pane: LabelDrawing, labels: Plane, x: number, y: number, value: number): number {
  if (!pane.contours) return pane.opacity;
  const { data, width, height } = labels;
  const i = y * width + x;
  const edge =
    (x > 0 && data[i - 1] !== value) ||
    (x < width - 1 && data[i + 1] !== value) ||
    (y > 0 && data[i - width] !== value) ||
    (y < height - 1 && data[i + width] !== value);
  return edge ? 1 : pane.opacity;
}

/** The renderer where there is no WebGL 2. Slower, the same picture. */
export function plainRenderer(canvas: HTMLCanvasElement): Renderer {
  const context = canvas.getContext('2d', { alpha: false })!;
  const painted = new Map<string, HTMLCanvasElement>();
  const ids = new WeakMap<object, number>();
  let nextId = 1;
  const id = (thing: object | null) => {
    if (!thing) return 0;
    if (!ids.has(thing)) ids.set(thing, nextId++);
    return ids.get(thing);
  };

  function overlay(pane: PaneDrawing, palette: Uint8Array): HTMLCanvasElement | null {
    const parts = [pane.labels, pane.truth, pane.teacher, palette].map(id);
    const key = [...parts, pane.mode, pane.opacity, pane.contours].join();
    if (pane.labels?.dirty) {
      pane.labels.dirty = null;
      painted.clear();
    }
    const known = painted.get(key);
    if (known) return known;
    const pixels = paintLabels(pane, palette);
    if (!pixels || !pane.labels) return null;
    const made = document.createElement('canvas');
    made.width = pane.labels.width;
    made.height = pane.labels.height;
    made.getContext('2d')!.putImageData(new ImageData(pixels, made.width, made.height), 0, 0);
    painted.set(key, made);
    for (const old of painted.keys()) {
      if (painted.size <= 16) break;
      painted.delete(old);
    }
    return made;
  }

  return {
    kind: '2d',
    draw(frame: Frame, ratio: number) {
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.fillStyle = `rgb(${frame.ground.join(' ')})`;
      context.fillRect(0, 0, canvas.width, canvas.height);
      for (const pane of frame.panes) {
        const { rect, view, size, clip } = pane;
        context.save();
        context.beginPath();
        context.rect(rect.x + rect.width * clip[0], rect.y, rect.width * (clip[1] - clip[0]), rect.height);
        context.clip();
        const x = rect.x + rect.width / 2 - view.x * view.scale;
        const y = rect.y + rect.height / 2 - view.y * view.scale;
        const width = size.width * view.scale;
        const height = size.height * view.scale;
        context.imageSmoothingEnabled = view.scale < 1;
        if (pane.mode === 'errors') context.filter = 'grayscale(1) brightness(0.45)';
        if (pane.image) context.drawImage(pane.image, x, y, width, height);
        context.filter = 'none';
        context.imageSmoothingEnabled = false;
        const labels = overlay(pane, frame.palette);
        if (labels) context.drawImage(labels, x, y, width, height);
        context.restore();
      }
    },
    prepare: () => false,
    dispose() {
      painted.clear();
    },
  };
}
