import { type Tensor, type Tensor1D, tf } from '../engine/tf.ts';
import { type ParamSpec, sizeOf } from '../networks/graph.ts';

/** Vectors as long as all parameters that a move of the average holds at once, besides the average. */
export const AVERAGE_VECTORS = 4;

type Specs = readonly Pick<ParamSpec, 'name' | 'shape'>[];

/**
 * The exponential moving average of a network's trained parameters, a ← d · a + (1 − d) · w after every update (Tarvainen
 * and Valpola, Mean teachers are better role models, NeurIPS 2017). As there the nth update's d is at most 1 − 1/(n + 1), so
 * that what the network began with is soon forgotten. Kept as one vector.
 */
export class Average {
  private readonly decay: number;
  private readonly specs: Specs;
  private vector: Tensor1D;

  /**
   * @param specs of the trained parameters, in the order in which `move` gets them
   * @param begin values by name, copied
   */
  constructor(decay: number, specs: Specs, begin: ReadonlyMap<string, Float32Array>) {
    this.decay = decay;
    this.specs = specs;
    this.vector = tf.tidy(() => tf.keep(tf.concat(specs.map(({ name }) => tf.tensor1d(begin.get(name)!)))));
  }

  /**
   * @param parameters as the update left them; not disposed
   * @param count updates done, with this one
   */
  move(parameters: readonly Tensor[], count: number): void {
    const decay = Math.min(this.decay, 1 - 1 / (count + 1));
    const moved = tf.tidy(() => {
      const now = tf.concat(parameters.map((parameter) => parameter.reshape<Tensor1D>([-1])));
      return tf.keep(this.vector.add<Tensor1D>(now.sub(this.vector).mul(1 - decay)));
    });
    this.vector.dispose();
    this.vector = moved;
  }

  /** A copy of its arrays as tensors, in order, the caller's to dispose. */
  tensors(): Tensor[] {
    let at = 0;
    return this.specs.map(({ shape }) => {
      const from = at;
      at += sizeOf(shape);
      return tf.tidy(() => this.vector.slice(from, at - from).reshape([...shape]));
    });
  }

  /** A copy of its arrays, by name. */
  values(): Map<string, Float32Array> {
    const all = this.vector.dataSync<'float32'>();
    let at = 0;
    return new Map(
      this.specs.map(({ name, shape }) => {
        const from = at;
        at += sizeOf(shape);
        return [name, all.slice(from, at)];
      }),
    );
  }

  dispose(): void {
    this.vector.dispose();
  }
}
