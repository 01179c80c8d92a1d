/** Where a step's time goes: what each kernel of the native engine took, and what is left for JavaScript. */
import { type Tensor, tf } from '../../src-main/engine/tf.ts';
import type { OursRequest } from './train/ours.ts';

/** What of ours a row's profile runs. */
export interface ProfileSpec {
  request: OursRequest;
  variant: string;
}

export interface KernelTime {
  name: string;
  calls: number;
  /** Milliseconds, of one step. */
  ms: number;
}

export interface Profile {
  /** Milliseconds of one step. */
  ms: number;
  kernels: KernelTime[];
  /** The same by kernel and shapes of its inputs. */
  shapes: KernelTime[];
}

type Execute = (name: string, attributes: unknown, inputs: Tensor[], outputs?: number) => unknown;

/** Runs the work several times, watching the backend's two ways of running a kernel. */
export async function profileWork(work: () => void | Promise<void>, steps: number): Promise<Profile> {
  const backend = tf.backend() as unknown as Record<string, Execute>;
  const kernels = new Map<string, KernelTime>();
  const shapes = new Map<string, KernelTime>();
  const ways = ['executeSingleOutput', 'executeMultipleOutputs'].filter((way) => backend[way]);
  if (ways.length === 0) throw new Error('Only the native engine can be profiled.');
  for (const way of ways) {
    const run = backend[way].bind(backend);
    backend[way] = (name, attributes, inputs, outputs) => {
      const began = performance.now();
      const answer = run(name, attributes, inputs, outputs);
      const ms = (performance.now() - began) / steps;
      add(kernels, name, ms, steps);
      add(shapes, `${name} ${inputs.map(({ shape }) => shape.join('×') || '·').join(' ')}`, ms, steps);
      return answer;
    };
  }
  const began = performance.now();
  for (let i = 0; i < steps; i++) await work();
  const ms = (performance.now() - began) / steps;
  // The backend's own methods are its class's again.
  for (const way of ways) delete backend[way];
  return { ms, kernels: sorted(kernels), shapes: sorted(shapes) };
}

function add(times: Map<string, KernelTime>, name: string, ms: number, steps: number): void {
  const time = times.get(name) ?? { name, calls: 0, ms: 0 };
  times.set(name, { name, calls: time.calls + 1 / steps, ms: time.ms + ms });
}

function sorted(times: Map<string, KernelTime>): KernelTime[] {
  return [...times.values()].sort((a, b) => b.ms - a.ms);
}

/** How many kernels with shapes are shown. */
const SHAPES = 25;

export function profileText(title: string, { ms, kernels, shapes }: Profile): string {
  const inKernels = kernels.reduce((sum, kernel) => sum + kernel.ms, 0);
  const line = (name: string, calls: string, time: number) =>
    `${time.toFixed(1).padStart(9)}  ${((100 * time) / ms).toFixed(1).padStart(5)} %  ${calls.padStart(7)}  ${name}\n`;
  const list = (times: KernelTime[]) => times.map((k) => line(k.name, k.calls.toFixed(0), k.ms)).join('');
  const head = '       ms    share    calls  ';
  return (
    `${title}: ${ms.toFixed(1)} ms, mean of the profiled steps\n\n` +
    `${head}kernel\n${list(kernels)}${line('(JavaScript and the rest)', '', ms - inKernels)}\n` +
    `${head}kernel and shapes of its inputs, the first ${SHAPES}\n${list(shapes.slice(0, SHAPES))}`
  );
}
