import type { Rect } from '../../src-main/labels/document.ts';
import type { InstancePlane, Plane } from './planes.ts';
import { dirtyOf, type Frame, type PaneDrawing, planesOf, type Renderer, seenAt } from './renderer.ts';
import { type Features, fragment, VERTEX } from './shader.ts';

const UNIFORMS = [
  'origin',
  'pane',
  'canvasHeight',
  'middle',
  'scale',
  'imageSize',
  'ground',
  'detail',
  'opacity',
  'selected',
  'image',
  'labels',
  'truth',
  'teacher',
  'instances',
  'palette',
] as const;

/** The unit on which textures are made and changed; no sampler reads it. */
const SCRATCH_UNIT = 6;
/** How planes of one and two bytes per pixel are stored and sent: WebGL's R8UI, UNSIGNED_BYTE, R16UI, UNSIGNED_SHORT. */
const BYTES = [0x8232, 0x1401] as const;
const WORDS = [0x8234, 0x1403] as const;

/** The smallest program: where it cannot be made, none can. */
const PLAIN: Features = {
  mode: 'image',
  image: 'none',
  labels: false,
  truth: false,
  teacher: false,
  contours: false,
  instances: false,
};

/** Textures that are kept although no pane shows them: going back to the last images is instant. */
const KEPT = 32;

/** What is the same for all panes of a frame. */
interface Look {
  palette: WebGLTexture;
  ratio: number;
  ground: [number, number, number];
}

type Uniforms = Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>;

interface Program {
  program: WebGLProgram;
  at: Uniforms;
}

function compile(gl: WebGL2RenderingContext, features: Features): Program | null {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, fragment(features)],
  ] as const) {
    const shader = gl.createShader(type);
    if (!shader) return null;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) return null;
  const at = Object.fromEntries(UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)])) as Uniforms;
  return { program, at };
}

/** The renderer on WebGL 2; null where there is none. */
export function webglRenderer(canvas: HTMLCanvasElement): Renderer | null {
  const gl = canvas.getContext('webgl2', {
    antialias: false,
    alpha: false,
    preserveDrawingBuffer: true,
    failIfMajorPerformanceCaveat: true,
  });
  if (!gl || !compile(gl, PLAIN)) return null;
  const programs = new Map<string, Program>();
  const textures = new Map<ImageBitmap | Plane | InstancePlane | Uint8Array, WebGLTexture>();
  const emptyInteger = planeTexture({ width: 1, height: 1, data: new Uint8Array(1) });

  /** The program for what a pane shows, made when it is needed first. */
  function programOf(features: Features): Program {
    const key = JSON.stringify(features);
    const known = programs.get(key) ?? compile(gl!, features);
    if (!known) throw new Error('The graphics driver did not take a program for the canvas.');
    programs.set(key, known);
    return known;
  }

  function texture(nearest: boolean): WebGLTexture {
    const made = gl!.createTexture();
    // Made on a unit that no sampler reads: a sampler must never find a texture of another kind.
    gl!.activeTexture(gl!.TEXTURE0 + SCRATCH_UNIT);
    gl!.bindTexture(gl!.TEXTURE_2D, made);
    const filter = nearest ? gl!.NEAREST : gl!.LINEAR_MIPMAP_LINEAR;
    gl!.texParameteri(gl!.TEXTURE_2D, gl!.TEXTURE_MIN_FILTER, filter);
    gl!.texParameteri(gl!.TEXTURE_2D, gl!.TEXTURE_MAG_FILTER, gl!.NEAREST);
    gl!.texParameteri(gl!.TEXTURE_2D, gl!.TEXTURE_WRAP_S, gl!.CLAMP_TO_EDGE);
    gl!.texParameteri(gl!.TEXTURE_2D, gl!.TEXTURE_WRAP_T, gl!.CLAMP_TO_EDGE);
    gl!.pixelStorei(gl!.UNPACK_ALIGNMENT, 1);
    return made;
  }

  function planeTexture(plane: Plane | InstancePlane): WebGLTexture {
    const made = texture(true);
    const { width, height, data } = plane;
    const [stored, type] = data instanceof Uint8Array ? BYTES : WORDS;
    gl!.texImage2D(gl!.TEXTURE_2D, 0, stored, width, height, 0, gl!.RED_INTEGER, type, data);
    plane.dirty = null;
    return made;
  }

  /** The texture of a plane as it is now; of one that was edited only what changed is sent. */
  function planeAsItIs(plane: Plane | InstancePlane): WebGLTexture {
    const made = textureOf(plane, planeTexture);
    if (!plane.dirty) return made;
    const { x, y, width, height } = plane.dirty;
    const [, type] = plane.data instanceof Uint8Array ? BYTES : WORDS;
    gl!.activeTexture(gl!.TEXTURE0 + SCRATCH_UNIT);
    gl!.bindTexture(gl!.TEXTURE_2D, made);
    gl!.pixelStorei(gl!.UNPACK_ROW_LENGTH, plane.width);
    const from = plane.data.subarray(y * plane.width + x);
    gl!.texSubImage2D(gl!.TEXTURE_2D, 0, x, y, width, height, gl!.RED_INTEGER, type, from);
    gl!.pixelStorei(gl!.UNPACK_ROW_LENGTH, 0);
    plane.dirty = null;
    return made;
  }

  function imageTexture(image: ImageBitmap): WebGLTexture {
    const made = texture(false);
    gl!.texImage2D(gl!.TEXTURE_2D, 0, gl!.RGBA8, gl!.RGBA, gl!.UNSIGNED_BYTE, image);
    gl!.generateMipmap(gl!.TEXTURE_2D);
    return made;
  }

  function paletteTexture(bytes: Uint8Array): WebGLTexture {
    const made = texture(true);
    gl!.texImage2D(gl!.TEXTURE_2D, 0, gl!.RGBA8, 256, 1, 0, gl!.RGBA, gl!.UNSIGNED_BYTE, bytes);
    return made;
  }

  /** The texture of an image, plane or palette: made once, moved to the end of the list at each use. */
  function textureOf<T extends ImageBitmap | Plane | InstancePlane | Uint8Array>(
    source: T,
    make: (source: T) => WebGLTexture,
  ) {
    const known = textures.get(source) ?? make(source);
    textures.delete(source);
    textures.set(source, known);
    return known;
  }

  function bind(unit: number, made: WebGLTexture, where: WebGLUniformLocation | null) {
    gl!.activeTexture(gl!.TEXTURE0 + unit);
    gl!.bindTexture(gl!.TEXTURE_2D, made);
    gl!.uniform1i(where, unit);
  }

  /** @param only the part of the image to draw; null: all of the pane */
  function drawPane(pane: PaneDrawing, { palette, ratio, ground }: Look, only: Rect | null) {
    const { rect, view, clip } = pane;
    const left = Math.round((rect.x + rect.width * clip[0]) * ratio);
    const right = Math.round((rect.x + rect.width * clip[1]) * ratio);
    const bottom = canvas.height - Math.round((rect.y + rect.height) * ratio);
    const height = Math.round(rect.height * ratio);
    if (right <= left || height <= 0) return;
    const sources = planesOf(pane);
    const planes = sources.map((plane) => (plane ? planeAsItIs(plane) : emptyInteger));
    const image = pane.image ? textureOf(pane.image, imageTexture) : null;
    gl!.viewport(left, bottom, right - left, height);
    const part = { left, bottom, right, top: bottom + height };
    if (only) {
      const seen = seenAt(pane, only, ratio);
      part.left = Math.max(left, seen.left);
      part.right = Math.min(right, seen.right);
      part.bottom = Math.max(bottom, canvas.height - seen.bottom);
      part.top = Math.min(part.top, canvas.height - seen.top);
      if (part.right <= part.left || part.top <= part.bottom) return;
    }
    const density = view.scale * ratio;
    const { program, at } = programOf({
      mode: pane.mode,
      image: image === null ? 'none' : density >= 1 ? 'enlarged' : 'reduced',
      labels: pane.labels !== null,
      truth: pane.truth !== null,
      teacher: pane.teacher !== null,
      contours: pane.contours,
      instances: Boolean(pane.instances),
    });
    // biome-ignore lint/correctness/useHookAtTopLevel: WebGL's own name, not a hook
    gl!.useProgram(program);
    gl!.uniform1f(at.canvasHeight, canvas.height);
    gl!.uniform3f(at.ground, ground[0], ground[1], ground[2]);
    gl!.scissor(part.left, part.bottom, part.right - part.left, part.top - part.bottom);
    gl!.uniform2f(at.origin, rect.x * ratio, rect.y * ratio);
    gl!.uniform2f(at.pane, rect.width * ratio, rect.height * ratio);
    gl!.uniform2f(at.middle, view.x, view.y);
    gl!.uniform1f(at.scale, density);
    gl!.uniform1f(at.detail, -Math.log2(density));
    gl!.uniform2f(at.imageSize, pane.size.width, pane.size.height);
    gl!.uniform1f(at.opacity, pane.opacity);
    gl!.uniform1i(at.selected, pane.selected ?? 0);
    bind(0, image ?? palette, at.image);
    bind(1, planes[0], at.labels);
    bind(2, planes[1], at.truth);
    bind(3, planes[2], at.teacher);
    bind(5, planes[3], at.instances);
    bind(4, palette, at.palette);
    gl!.drawArrays(gl!.TRIANGLE_STRIP, 0, 4);
  }

  return {
    kind: 'webgl2',
    prepare(images) {
      const missing = images.find((image) => !textures.has(image));
      if (missing) textureOf(missing, imageTexture);
      return missing !== undefined;
    },
    draw(frame: Frame, ratio: number, onlyDirty: boolean) {
      const [red, green, blue] = frame.ground.map((value) => value / 255);
      gl.disable(gl.SCISSOR_TEST);
      gl.clearColor(red, green, blue, 1);
      if (!onlyDirty) gl.clear(gl.COLOR_BUFFER_BIT);
      gl.enable(gl.SCISSOR_TEST);
      const palette = textureOf(frame.palette, paletteTexture);
      const look: Look = { palette, ratio, ground: [red, green, blue] };
      // Before the first pane is drawn: panes may show the same plane, which is clean once it is sent.
      const dirty = frame.panes.map((pane) => dirtyOf(pane));
      for (const [index, pane] of frame.panes.entries()) {
        if (!onlyDirty) drawPane(pane, look, null);
        else if (dirty[index]) drawPane(pane, look, dirty[index]);
      }
      for (const [source, made] of textures) {
        if (textures.size <= KEPT) break;
        gl.deleteTexture(made);
        textures.delete(source);
      }
    },
    dispose() {
      for (const made of textures.values()) gl.deleteTexture(made);
      textures.clear();
      gl.getExtension('WEBGL_lose_context')?.loseContext();
    },
  };
}
