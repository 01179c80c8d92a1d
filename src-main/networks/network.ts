import type { NetworkInfo } from '../contract/model.ts';
import type { Graph } from './graph.ts';

/** A network as the registry holds it: what the form shows, and the function that writes its graph. */
export interface Network extends Omit<NetworkInfo, 'taps' | 'defaultTaps'> {
  /** @param options every option, checked */
  build(options: Record<string, number>, outputs: number): Graph;
}
