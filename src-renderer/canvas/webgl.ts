import type { Plane } from './planes.ts';
import type { Frame, PaneDrawing, Renderer } from './renderer.ts';
import { FRAGMENT, MODES, VERTEX } from './shader.ts';

const UNIFORMS = [
  'origin',
  'pane',
  'canvasHeight',
  'middle',
  'scale',
  'imageSize',
  'ground',
  'mode',
  'opacity',
  'contours',
  'hasImage',
  'hasLabels',
  'hasTruth',
  'hasTeacher',
  'image',
  'labels',
  'truth',
  'teacher',
  'palette',
] as const;

/** Textures that are kept although no pane shows them: going back to the last images is instant. */
const KEPT = 32;

function compile(gl: WebGL2RenderingContext): WebGLProgram | null {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(type);
    if (!shader) return null;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}

/** The renderer on WebGL 2; null where there is none. */
export function webglRenderer(canvas: HTMLCanvasElement): Renderer | null {
  const gl = canvas.getContext('webgl2', { antialias: false, alpha: false, preserveDrawingBuffer: true });
  const program = gl && compile(gl);
  if (!gl || !program) return null;
  const at = Object.fromEntries(UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)])) as Record<
    (typeof UNIFORMS)[number],
    WebGLUniformLocation | null
  >;
  const textures = new Map<ImageBitmap | Plane | Uint8Array, WebGLTexture>();
  const emptyInteger = planeTexture({ width: 1, height: 1, data: new Uint8Array(1) });

  function texture(nearest: boolean): WebGLTexture {
    const made = gl!.createTexture();
    // Made on a unit that no sampler reads: a sampler must never find a texture of another kind.
    gl!.activeTexture(gl!.TEXTURE5);
    gl!.bindTexture(gl!.TEXTURE_2D, made);
    const filter = nearest ? gl!.NEAREST : gl!.LINEAR_MIPMAP_LINEAR;
    gl!.texParameteri(gl!.TEXTURE_2D, gl!.TEXTURE_MIN_FILTER, filter);
    gl!.texParameteri(gl!.TEXTURE_2D, gl!.TEXTURE_MAG_FILTER, gl!.NEAREST);
    gl!.texParameteri(gl!.TEXTURE_2D, gl!.TEXTURE_WRAP_S, gl!.CLAMP_TO_EDGE);
    gl!.texParameteri(gl!.TEXTURE_2D, gl!.TEXTURE_WRAP_T, gl!.CLAMP_TO_EDGE);
    gl!.pixelStorei(gl!.UNPACK_ALIGNMENT, 1);
    return made;
  }

  function planeTexture(plane: Plane): WebGLTexture {
    const made = texture(true);
    const { width, height, data } = plane;
    gl!.texImage2D(gl!.TEXTURE_2D, 0, gl!.R8UI, width, height, 0, gl!.RED_INTEGER, gl!.UNSIGNED_BYTE, data);
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
  function textureOf<T extends ImageBitmap | Plane | Uint8Array>(source: T, make: (source: T) => WebGLTexture) {
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

  function drawPane(pane: PaneDrawing, palette: WebGLTexture, ratio: number) {
    const { rect, view, clip } = pane;
    const left = Math.round((rect.x + rect.width * clip[0]) * ratio);
    const right = Math.round((rect.x + rect.width * clip[1]) * ratio);
    const bottom = canvas.height - Math.round((rect.y + rect.height) * ratio);
    const height = Math.round(rect.height * ratio);
    if (right <= left || height <= 0) return;
    const planes = [pane.labels, pane.truth, pane.teacher].map((plane) =>
      plane ? textureOf(plane, planeTexture) : emptyInteger,
    );
    const image = pane.image ? textureOf(pane.image, imageTexture) : null;
    gl!.viewport(left, bottom, right - left, height);
    gl!.scissor(left, bottom, right - left, height);
    gl!.uniform2f(at.origin, rect.x * ratio, rect.y * ratio);
    gl!.uniform2f(at.pane, rect.width * ratio, rect.height * ratio);
    gl!.uniform2f(at.middle, view.x, view.y);
    gl!.uniform1f(at.scale, view.scale * ratio);
    gl!.uniform2f(at.imageSize, pane.size.width, pane.size.height);
    gl!.uniform1i(at.mode, MODES[pane.mode]);
    gl!.uniform1f(at.opacity, pane.opacity);
    gl!.uniform1i(at.contours, pane.contours ? 1 : 0);
    gl!.uniform1i(at.hasImage, image ? 1 : 0);
    gl!.uniform1i(at.hasLabels, pane.labels ? 1 : 0);
    gl!.uniform1i(at.hasTruth, pane.truth ? 1 : 0);
    gl!.uniform1i(at.hasTeacher, pane.teacher ? 1 : 0);
    bind(0, image ?? palette, at.image);
    bind(1, planes[0], at.labels);
    bind(2, planes[1], at.truth);
    bind(3, planes[2], at.teacher);
    gl!.drawArrays(gl!.TRIANGLE_STRIP, 0, 4);
  }

  return {
    kind: 'webgl2',
    draw(frame: Frame, ratio: number) {
      const [red, green, blue] = frame.ground.map((value) => value / 255);
      gl.disable(gl.SCISSOR_TEST);
      gl.clearColor(red, green, blue, 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.enable(gl.SCISSOR_TEST);
      // biome-ignore lint/correctness/useHookAtTopLevel: WebGL's own name, not a hook
      gl.useProgram(program);
      gl.uniform1f(at.canvasHeight, canvas.height);
      gl.uniform3f(at.ground, red, green, blue);
      const palette = textureOf(frame.palette, paletteTexture);
      bind(4, palette, at.palette);
      for (const pane of frame.panes) drawPane(pane, palette, ratio);
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
