import { ERRORS } from './palette.ts';

/** What a pane shows over the picture. */
export type Mode = 'image' | 'labels' | 'errors';

/** The outline of the instance that is chosen. */
export const SELECTED = [255, 200, 0] as const;

const vec = (color: readonly number[]) => `vec3(${color.map((value) => (value / 255).toFixed(4)).join(', ')})`;

/** A rectangle that covers the pane's part of the canvas. */
export const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

/** What of the drawing a program is made for. */
export interface Features {
  mode: Mode;
  /** Whether there is a picture, and whether its pixels are seen enlarged or made smaller. */
  image: 'none' | 'enlarged' | 'reduced';
  labels: boolean;
  truth: boolean;
  teacher: boolean;
  contours: boolean;
  instances: boolean;
}

/**
 * Everything that can be switched without touching a pixel on the CPU: class colours, hidden classes, opacity,
 * contours, and who is wrong where. `origin` is the pane's upper left corner on the canvas in device pixels, y downwards
 * from the canvas's top; `middle` and `scale` are the viewport in image pixels per device pixel terms.
 *
 * A program for each set of features, and none with branches: where there is no graphics card all sides of a branch are
 * computed for every pixel. There, too, sampling costs less than `texelFetch`.
 */
export function fragment(features: Features): string {
  const { mode, image, labels, truth, teacher, contours, instances } = features;
  const parts = [
    PICTURE[image],
    mode === 'labels' && labels ? (contours ? LABELS + CONTOURS : LABELS) + INK : '',
    mode === 'errors' && labels && truth ? `${ERRORS_OF[teacher ? 'both' : 'one']}${ERRORS_INK}` : '',
    mode !== 'image' && instances ? INSTANCES : '',
  ];
  return HEAD + parts.join('') + TAIL;
}

const HEAD = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;

uniform vec2 origin;
uniform vec2 pane;
uniform float canvasHeight;
uniform vec2 middle;
uniform float scale;
uniform vec2 imageSize;
uniform vec3 ground;
uniform float detail;
uniform float opacity;
uniform int selected;
uniform sampler2D image;
uniform usampler2D labels;
uniform usampler2D truth;
uniform usampler2D teacher;
uniform usampler2D instances;
uniform sampler2D palette;
out vec4 color;

uint at(usampler2D plane, vec2 where) {
  return textureLod(plane, where, 0.0).r;
}

/** The colour of a class; of 255, ignored, it has no weight. */
vec4 paint(uint value) {
  return textureLod(palette, vec2((float(value) + 0.5) / 256.0, 0.5), 0.0);
}

void main() {
  vec2 screen = vec2(gl_FragCoord.x, canvasHeight - gl_FragCoord.y) - origin;
  vec2 pixel = middle + (screen - pane * 0.5) / scale;
  vec2 where = pixel / imageSize;
  vec2 step = 1.0 / (scale * imageSize);
`;

const PICTURE = {
  none: '  vec3 base = ground;\n',
  enlarged: '  vec3 base = textureLod(image, where, 0.0).rgb;\n',
  reduced: '  vec3 base = textureLod(image, where, detail).rgb;\n',
} as const;

const LABELS = `
  uint value = at(labels, where);
  vec4 ink = paint(value);
  float cover = ink.a * opacity;
`;

const CONTOURS = `
  bool edge = at(labels, where + vec2(step.x, 0.0)) != value || at(labels, where + vec2(0.0, step.y)) != value
    || at(labels, where - vec2(step.x, 0.0)) != value || at(labels, where - vec2(0.0, step.y)) != value;
  if (edge) cover = max(cover, ink.a);
`;

const INK = '  base = mix(base, ink.rgb, cover);\n';

const ERRORS_OF = {
  one: '  bool teacherWrong = false;\n  uint right = at(truth, where);\n',
  both: '  uint right = at(truth, where);\n  bool teacherWrong = at(teacher, where) != right;\n',
} as const;

/** Grey as CSS's `grayscale` is, by which the picture is drawn where there is no WebGL. */
const ERRORS_INK = `
  bool counts = right != 255u && paint(right).a > 0.0;
  bool wrong = at(labels, where) != right;
  base = vec3(dot(base, vec3(0.2126, 0.7152, 0.0722))) * 0.45;
  if (counts && wrong && teacherWrong) base = mix(base, ${vec(ERRORS.both.color)}, 0.85);
  else if (counts && wrong) base = mix(base, ${vec(ERRORS.student.color)}, 0.85);
  else if (counts && teacherWrong) base = mix(base, ${vec(ERRORS.teacher.color)}, 0.85);
`;

const INSTANCES = `
  uint own = at(instances, where);
  uint beside = at(instances, where + vec2(step.x, 0.0));
  uint below = at(instances, where + vec2(0.0, step.y));
  if (own != beside || own != below) {
    uint chosen = uint(selected);
    bool mine = chosen != 0u && (own == chosen || beside == chosen || below == chosen);
    base = mine ? ${vec(SELECTED)} : mix(base, vec3(1.0), 0.8);
  }
`;

const TAIL = `
  bool outside = any(lessThan(where, vec2(0.0))) || any(greaterThanEqual(where, vec2(1.0)));
  color = vec4(outside ? ground : base, 1.0);
}`;
