import { expect, test } from 'vitest';
import { dirtyOf, type Frame, type PaneDrawing, sameFrame } from '../../../src-renderer/canvas/renderer.ts';

const plane = { width: 2, height: 2, data: new Uint8Array(4) };
const palette = new Uint8Array(1024);

function frame(change: Partial<PaneDrawing> = {}): Frame {
  const pane: PaneDrawing = {
    rect: { x: 0, y: 0, width: 20, height: 10 },
    view: { x: 1, y: 1, scale: 5 },
    size: { width: 2, height: 2 },
    image: null,
    labels: plane,
    truth: null,
    teacher: null,
    mode: 'labels',
    opacity: 0.5,
    contours: false,
    clip: [0, 1],
    ...change,
  };
  return { panes: [pane], palette, ground: [17, 17, 17] };
}

test('a frame that is described anew with the same values shows the same', () => {
  expect(sameFrame(frame(), frame())).toBe(true);
});

test.each<[string, Partial<PaneDrawing>]>([
  ['place', { rect: { x: 0, y: 4, width: 20, height: 10 } }],
  ['size on the canvas', { rect: { x: 0, y: 0, width: 21, height: 10 } }],
  ['view', { view: { x: 1, y: 1, scale: 5.5 } }],
  ['image size', { size: { width: 2, height: 3 } }],
  ['labels', { labels: { ...plane } }],
  ['truth', { truth: plane }],
  ['instances', { instances: { width: 2, height: 2, data: new Uint16Array(4) } }],
  ['chosen instance', { selected: 3 }],
  ['mode', { mode: 'image' }],
  ['opacity', { opacity: 0.6 }],
  ['contours', { contours: true }],
  ['part of the pane', { clip: [0, 0.5] }],
])('another %s is another frame', (_, change) => {
  expect(sameFrame(frame(), frame(change))).toBe(false);
  expect(sameFrame(frame(change), frame())).toBe(false);
});

test('another palette, another ground and another number of panes are other frames', () => {
  const [one] = frame().panes;
  expect(sameFrame(frame(), { ...frame(), palette: palette.slice() })).toBe(false);
  expect(sameFrame(frame(), { ...frame(), ground: [17, 17, 18] })).toBe(false);
  expect(sameFrame(frame(), { ...frame(), panes: [one, one] })).toBe(false);
  expect(sameFrame({ ...frame(), panes: [one, one] }, frame())).toBe(false);
});

test('a plane edited in place leaves the frame the same; what is dirty is around all its planes', () => {
  const labels = { ...plane, dirty: { x: 0, y: 0, width: 1, height: 1 } };
  const truth = { ...plane, dirty: { x: 1, y: 1, width: 1, height: 1 } };
  const edited = frame({ labels, truth });
  expect(sameFrame(frame({ labels, truth }), edited)).toBe(true);
  expect(dirtyOf(edited.panes[0])).toEqual({ x: 0, y: 0, width: 2, height: 2 });
  expect(dirtyOf(frame().panes[0])).toBeNull();
});
