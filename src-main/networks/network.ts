import type { NetworkInfo } from '../contract/model.ts';
import type { Auxiliary } from './auxiliary.ts';
import type { Graph, GraphBuilder } from './graph.ts';

export type Option = NetworkInfo['options'][number];
export type Options = Record<string, number>;

/** A network as the registry holds it: what the form shows, and the function that writes its graph. */
export interface Network extends NetworkInfo {
  /** @param options every option, checked @returns with its auxiliary outputs where it has some */
  build(options: Options, outputs: number): Graph;
}

/** The front of a network, which turns an image into features; it goes under any head (compose.ts). */
export interface Backbone extends NetworkInfo {
  /**
   * Adds its nodes after the one called `input`.
   * @param torch what its names start with in the state dict
   */
  add(b: GraphBuilder, options: Options, torch: string): Features;
}

/** What a backbone gives a head. */
export interface Features {
  /** The ends of its four levels from fine to coarse, at 1/4, 1/8, 1/16 and 1/32 of the input's size where nothing is dilated. */
  levels: readonly [string, string, string, string];
  /** What a head of one input reads: mostly the last level. */
  end: string;
  /** Input size ÷ that of `end`. */
  stride: number;
  /** Height and width of an input must be multiples of this. */
  multiple: number;
  /** The node in its middle that is tapped where the recipe names none; auxiliary heads hang there too. */
  middle: string;
}

/** The back of a network, which turns features into logits. */
export interface Head extends NetworkInfo {
  /** The stride that its backbone has to have, where the design leaves no choice. */
  stride?: number;
  /** What the backbone's names start with in the state dict, where that is not `backbone`. */
  backboneTorch?: string;
  add(b: GraphBuilder, features: Features, options: Options, outputs: number): HeadEnds;
  /** Adds its auxiliary outputs, where it has some, after all its other nodes. */
  auxiliaries?(b: GraphBuilder, features: Features, options: Options, outputs: number): Auxiliary[];
}

export interface HeadEnds {
  /** The node of the logits. */
  output: string;
  /** The node before the classifier, which is tapped where the recipe names none. */
  context: string;
  /** Input size ÷ logits size. */
  stride: number;
}
