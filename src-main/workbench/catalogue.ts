/**
 * What networks and methods there are, and what becomes of a recipe or a weights file with them. All of it loads
 * TensorFlow.js, so it is asked of a thread, which is started when first needed.
 */
import path from 'node:path';
import { ThreadPool } from '../base/thread-pool.ts';
import type { MemoryNeed } from '../contract/memory.ts';
import type { ModelCard, NetworkInfo, NetworkRef, NetworkTaps } from '../contract/model.ts';
import type { ModelFormat, ModelMatch, ModelNaming } from '../contract/model-requests.ts';
import type { NetworkDrawing } from '../contract/network-drawing.ts';
import { Problem } from '../contract/problem.ts';
import type { FieldProblem, Recipe } from '../contract/recipe.ts';
import type { ModelSpeed } from '../contract/speed.ts';
import type { MethodInfo } from '../contract/window.ts';

interface DataBinding {
  classes: number;
  splits: { name: string; images: number; allPixels: number; labelled: number; pixels: number }[];
}

/** What a recipe is to be run with; null where it is not chosen yet. */
export interface RecipeBinding {
  data: DataBinding | null;
  /** The second data set, where the recipe has one. */
  target?: DataBinding | null;
  teacher: ModelCard | null;
  /** The teachers beside it. */
  others?: ModelCard[];
  /** What the student starts from, where that is another model. */
  start?: ModelCard | null;
  /** As wished for; what depends on it is not judged without. */
  engine?: string;
}

/** A weights file as a model. */
export interface FoundModel {
  card: ModelCard;
  parameters: number;
  /** Of one forward pass at `inputSize`. */
  macs: number;
  inputSize: [number, number];
  /** What the user should know of how it was read. */
  notes: string[];
}

/** An ONNX model that cannot become a graph, and why: ONNX Runtime may run it (see `importFrozen`). */
export interface UnmappedModel {
  unmapped: { message: string; next?: string };
}

export type CatalogueRequest =
  | { kind: 'networks' }
  | { kind: 'taps'; network: NetworkRef }
  | { kind: 'methods' }
  | { kind: 'check'; recipe: unknown; binding: RecipeBinding }
  | { kind: 'require'; recipe: unknown; binding: RecipeBinding }
  | { kind: 'memory'; recipe: Recipe; binding: RecipeBinding; engine: string; available: number }
  | { kind: 'parameters'; network: NetworkRef; outputs: number }
  | { kind: 'model'; file: string }
  | { kind: 'match'; file: string; naming: ModelNaming }
  | { kind: 'known'; id: string; out: string }
  | { kind: 'rewrite'; file: string; out: string }
  | { kind: 'wholeOnnx'; file: string; out: string }
  | { kind: 'describe'; file: string; card: ModelCard }
  | { kind: 'convert'; file: string; naming: ModelNaming; out: string }
  | {
      kind: 'export';
      file: string;
      format: ModelFormat;
      out: string;
      size?: [number, number];
      speed: ModelSpeed | null;
    };

export type CatalogueAnswer =
  | NetworkInfo[]
  | NetworkTaps
  | MethodInfo[]
  | FieldProblem[]
  | Recipe
  | number
  | FoundModel
  | UnmappedModel
  | MemoryNeed
  | string[]
  | ModelMatch
  | null;

/** A network to be drawn as a graph; the rest as in `drawNetwork`. */
export interface DrawingRequest {
  network: NetworkRef;
  outputs: number;
  title: string;
  size: [number, number];
  open: string[] | null;
}

export class Catalogue {
  private readonly pool = new ThreadPool<CatalogueRequest, CatalogueAnswer>(
    new URL('./catalogue.thread.ts', import.meta.url),
    1,
  );
  /** Laying out hundreds of nodes takes seconds, in which other questions are answered. */
  private readonly drawing = new ThreadPool<DrawingRequest, NetworkDrawing>(
    new URL('./drawing.thread.ts', import.meta.url),
    1,
  );

  networks(): Promise<NetworkInfo[]> {
    return this.pool.run({ kind: 'networks' }) as Promise<NetworkInfo[]>;
  }

  /** @throws Problem where the network is unknown or cannot be built with these options */
  taps(network: NetworkRef): Promise<NetworkTaps> {
    return this.pool.run({ kind: 'taps', network }) as Promise<NetworkTaps>;
  }

  methods(): Promise<MethodInfo[]> {
    return this.pool.run({ kind: 'methods' }) as Promise<MethodInfo[]>;
  }

  /** What is wrong with a recipe, whatever it is; nothing where it can be run. */
  check(recipe: unknown, binding: RecipeBinding): Promise<FieldProblem[]> {
    return this.pool.run({ kind: 'check', recipe, binding }) as Promise<FieldProblem[]>;
  }

  /** @throws Problem that names the first bad field of a recipe */
  async require(recipe: unknown, binding: RecipeBinding): Promise<Recipe> {
    return (await this.pool.run({ kind: 'require', recipe, binding })) as Recipe;
  }

  /**
   * How much memory a recipe needs, and what to change where that is more than is available; null where its data set, or
   * a teacher that it needs, is not chosen yet.
   */
  memory(recipe: Recipe, binding: RecipeBinding, engine: string, available: number): Promise<MemoryNeed | null> {
    return this.pool.run({ kind: 'memory', recipe, binding, engine, available }) as Promise<MemoryNeed | null>;
  }

  /** How many parameters a network has. @throws Problem where it is unknown or cannot be built with these options */
  parameters(network: NetworkRef, outputs: number): Promise<number> {
    return this.pool.run({ kind: 'parameters', network, outputs }) as Promise<number>;
  }

  /** @throws Problem where the file is no model known here (see readModel) */
  async model(file: string): Promise<FoundModel> {
    const found = await this.look(file);
    if (!('unmapped' in found)) return found;
    const { message, next } = found.unmapped;
    throw new Problem(message, { where: file, next });
  }

  /** The same, where an ONNX model that cannot become a graph is no failure. */
  look(file: string): Promise<FoundModel | UnmappedModel> {
    return this.pool.run({ kind: 'model', file: path.resolve(file) }) as Promise<FoundModel | UnmappedModel>;
  }

  /** How a file fits a network. @throws Problem where it cannot be read (see matchFile) */
  match(file: string, naming: ModelNaming): Promise<ModelMatch> {
    return this.pool.run({ kind: 'match', file: path.resolve(file), naming }) as Promise<ModelMatch>;
  }

  /**
   * Writes the model that a file is with a naming in our own form.
   * @throws Problem where the naming leaves something open, or it cannot be written
   */
  convert(file: string, naming: ModelNaming, out: string): Promise<FoundModel> {
    const request = { kind: 'convert', file: path.resolve(file), naming, out: path.resolve(out) } as const;
    return this.pool.run(request) as Promise<FoundModel>;
  }

  /** Writes a model in our own form. @throws Problem where it cannot be read or written */
  rewrite(file: string, out: string): Promise<FoundModel> {
    const request = { kind: 'rewrite', file: path.resolve(file), out: path.resolve(out) } as const;
    return this.pool.run(request) as Promise<FoundModel>;
  }

  /** Writes known weights that were fetched in our own form. @throws Problem where they cannot be read or written */
  known(id: string, out: string): Promise<FoundModel> {
    return this.pool.run({ kind: 'known', id, out: path.resolve(out) }) as Promise<FoundModel>;
  }

  /**
   * Copies an ONNX file, with the numbers in it that lie beside it.
   * @throws Problem where it cannot be read or written
   */
  async wholeOnnx(file: string, out: string): Promise<void> {
    await this.pool.run({ kind: 'wholeOnnx', file: path.resolve(file), out });
  }

  /** Puts another card into a model's file. @throws Problem where that cannot be (see changeCard) */
  async describe(file: string, card: ModelCard): Promise<void> {
    await this.pool.run({ kind: 'describe', file: path.resolve(file), card });
  }

  /**
   * Writes a model's file for other programs.
   * @param size height and width of the pictures, for a format that fixes them
   * @param speed as it was measured last, for the card beside the file
   * @returns the files that were written
   * @throws Problem where the model cannot be read, or the file not be written (see exportModel)
   */
  exportModel(
    file: string,
    format: ModelFormat,
    out: string,
    size?: [number, number],
    speed: ModelSpeed | null = null,
  ): Promise<string[]> {
    const request = { kind: 'export', file: path.resolve(file), format, out: path.resolve(out), size, speed } as const;
    return this.pool.run(request) as Promise<string[]>;
  }

  /** @throws Problem where the network is unknown or cannot be built */
  draw(request: DrawingRequest): Promise<NetworkDrawing> {
    return this.drawing.run(request);
  }

  async close(): Promise<void> {
    await Promise.all([this.pool.close(), this.drawing.close()]);
  }
}
