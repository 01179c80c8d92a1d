import { ERRORS } from './palette.ts';

/** What a pane shows over the picture. */
export type Mode = 'image' | 'labels' | 'errors';
export const MODES: Record<Mode, number> = { image: 0, labels: 1, errors: 2 };

/** The outline of the instance that is chosen. */
export const SELECTED = [255, 200, 0] as const;

const vec = (color: readonly number[]) => `vec3(${color.map((value) => (value / 255).toFixed(4)).join(', ')})`;

/** A rectangle that covers the pane's part of the canvas. */
export const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

/**
 * Everything that can be switched without touching a pixel on the CPU: class colours, hidden classes, opacity,
 * contours, and who is wrong where. `origin` is the pane's upper left corner on the canvas in device pixels, y downwards
 * from the canvas's top; `middle` and `scale` are the viewport in image pixels per device pixel terms.
 */
export const FRAGMENT = `#version 300 es
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
uniform int mode;
uniform float opacity;
uniform bool contours;
uniform bool hasImage;
uniform bool hasLabels;
uniform bool hasTruth;
uniform bool hasTeacher;
uniform bool hasInstances;
uniform int selected;
uniform sampler2D image;
uniform usampler2D labels;
uniform usampler2D truth;
uniform usampler2D teacher;
uniform usampler2D instances;
uniform sampler2D palette;
out vec4 color;

uint at(usampler2D plane, vec2 where) {
  ivec2 size = textureSize(plane, 0);
  ivec2 cell = clamp(ivec2(floor(where * vec2(size))), ivec2(0), size - 1);
  return texelFetch(plane, cell, 0).r;
}

vec4 paint(uint value) {
  return value == 255u ? vec4(0.0) : texelFetch(palette, ivec2(int(value), 0), 0);
}

void main() {
  vec2 screen = vec2(gl_FragCoord.x, canvasHeight - gl_FragCoord.y) - origin;
  vec2 pixel = middle + (screen - pane * 0.5) / scale;
  vec2 where = pixel / imageSize;
  if (any(lessThan(where, vec2(0.0))) || any(greaterThanEqual(where, vec2(1.0)))) {
    color = vec4(ground, 1.0);
    return;
  }
  vec3 base = hasImage ? textureGrad(image, where, vec2(1.0 / (scale * imageSize.x), 0.0), vec2(0.0, 1.0 / (scale * imageSize.y))).rgb : ground;

  if (mode == ${MODES.labels} && hasLabels) {
    uint value = at(labels, where);
    vec4 ink = paint(value);
    float cover = ink.a * opacity;
    if (contours) {
      vec2 step = 1.0 / (scale * imageSize);
      bool edge = at(labels, where + vec2(step.x, 0.0)) != value || at(labels, where + vec2(0.0, step.y)) != value
        || at(labels, where - vec2(step.x, 0.0)) != value || at(labels, where - vec2(0.0, step.y)) != value;
      if (edge) cover = max(cover, ink.a);
    }
    base = mix(base, ink.rgb, cover);
  } else if (mode == ${MODES.errors} && hasLabels && hasTruth) {
    uint right = at(truth, where);
    bool counts = right != 255u && texelFetch(palette, ivec2(int(right), 0), 0).a > 0.0;
    bool wrong = at(labels, where) != right;
    bool teacherWrong = hasTeacher && at(teacher, where) != right;
    float grey = dot(base, vec3(0.299, 0.587, 0.114));
    base = vec3(grey) * 0.45;
    if (counts && wrong && teacherWrong) base = mix(base, ${vec(ERRORS.both.color)}, 0.85);
    else if (counts && wrong) base = mix(base, ${vec(ERRORS.student.color)}, 0.85);
    else if (counts && teacherWrong) base = mix(base, ${vec(ERRORS.teacher.color)}, 0.85);
  }
  if (hasInstances && mode != ${MODES.image}) {
    vec2 step = 1.0 / (scale * imageSize);
    uint own = at(instances, where);
    uint right = at(instances, where + vec2(step.x, 0.0));
    uint below = at(instances, where + vec2(0.0, step.y));
    if (own != right || own != below) {
      uint chosen = uint(selected);
      bool mine = chosen != 0u && (own == chosen || right == chosen || below == chosen);
      base = mine ? ${vec(SELECTED)} : mix(base, vec3(1.0), 0.8);
    }
  }
  color = vec4(base, 1.0);
}`;
