/**
 * Checkpoints: all that a resume needs, as one file each, `checkpoints/step-N.safetensors` in the run's folder. Written
 * whole or not at all, checked by a SHA-256 when read; the last two are kept, so that one is good at any moment.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { fileProblem, sha256 } from '../base/files.ts';
import type { ModelCard } from '../contract/model.ts';
import { describe, Problem } from '../contract/problem.ts';
import type { Graph } from '../networks/graph.ts';
import { CARD, cardMetadata, parseCard } from '../weights/card.ts';
import { shaped } from '../weights/model-file.ts';
import { readSafetensors, writeSafetensors } from '../weights/safetensors.ts';
import { lossScaleState } from './loss-scale.ts';

const KEPT = 2;
/** The metadata entries of a checkpoint: its state as JSON, and that text's SHA-256. */
const STATE = 'checkpoint';
const STATE_SUM = 'checkpointSha256';
/** Stands before the names of the optimizer's vectors; no node of a network is named so. */
const SLOT_PREFIX = 'optimizer:';
/** The same before what methods have of their own, and before the parameters where the student's weights are others. */
const OWN_PREFIX = 'method:';
const TRAINED_PREFIX = 'trained:';

const state = z.object({
  /** Steps done. */
  step: z.number().int().min(0),
  /** The best evaluation so far. */
  best: z.object({ step: z.number().int(), mIoU: z.number() }).nullable(),
  recipeHash: z.string(),
  dataHash: z.string(),
  codeVersion: z.string(),
  /** Where gradients are computed in float16. */
  lossScale: lossScaleState.optional(),
  /** What it was computed on: bits are the same only there. */
  engine: z.string(),
});
export type CheckpointState = z.infer<typeof state>;

export interface Checkpoint {
  file: string;
  state: CheckpointState;
  /**
   * The student's weights, batch norm's running values and auxiliary outputs included; with the average in place of the
   * parameters where the recipe wants one.
   */
  weights: Map<string, Float32Array>;
  /** The parameters themselves, where the weights have their average. */
  trained: Map<string, Float32Array>;
  /** How the student takes pictures. */
  preprocessing: ModelCard['preprocessing'];
  /** The optimizer's vectors. */
  slots: Map<string, Float32Array>;
  /** What methods have of their own. */
  own: Map<string, Float32Array>;
}

/** The folder of a run's checkpoints. */
export function checkpointFolder(run: string): string {
  return path.join(run, 'checkpoints');
}

/**
 * The run's checkpoints, newest first; whether they are whole is not looked at.
 * @param run the run's folder
 */
export function checkpointFiles(run: string): { step: number; file: string }[] {
  let names: string[];
  try {
    names = readdirSync(checkpointFolder(run));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileProblem(error, checkpointFolder(run), 'read');
  }
  return names
    .flatMap((name) => {
      const step = /^step-(\d+)\.safetensors$/.exec(name)?.[1];
      return step === undefined ? [] : [{ step: Number(step), file: path.join(checkpointFolder(run), name) }];
    })
    .sort((a, b) => b.step - a.step);
}

/**
 * The newest whole checkpoint of a run, or null. What is damaged is passed over and said.
 * @param say told one sentence for each damaged checkpoint
 */
export async function newestCheckpoint(run: string, say: (text: string) => void): Promise<Checkpoint | null> {
  for (const { file } of checkpointFiles(run)) {
    try {
      return await readCheckpoint(file);
    } catch (error) {
      say(`${describe(error)} The checkpoint before it is taken.`);
    }
  }
  return null;
}

/** @throws Problem where the file is damaged or no checkpoint */
export async function readCheckpoint(file: string): Promise<Checkpoint> {
  const { tensors, metadata } = await readSafetensors(file);
  const text = metadata[STATE] ?? '';
  const parsed = sha256(text) === metadata[STATE_SUM] ? state.safeParse(JSON.parse(text)) : undefined;
  if (!parsed?.success) {
    throw new Problem(`${file} is not a whole checkpoint.`, { where: file, next: 'Resume from another one.' });
  }
  const weights = new Map<string, Float32Array>();
  const slots = new Map<string, Float32Array>();
  const own = new Map<string, Float32Array>();
  const trained = new Map<string, Float32Array>();
  for (const [name, { data }] of tensors) {
    if (name.startsWith(SLOT_PREFIX)) slots.set(name.slice(SLOT_PREFIX.length), data);
    else if (name.startsWith(OWN_PREFIX)) own.set(name.slice(OWN_PREFIX.length), data);
    else if (name.startsWith(TRAINED_PREFIX)) trained.set(name.slice(TRAINED_PREFIX.length), data);
    else weights.set(name, data);
  }
  const { preprocessing } = parseCard(file, metadata[CARD] ?? '');
  return { file, state: parsed.data, weights, trained, preprocessing, slots, own };
}

/**
 * Writes a checkpoint and then removes those that are no longer needed.
 * @param run the run's folder
 * @param student its card too, so that a checkpoint can be opened as a model; its graph as it is trained
 * @throws Problem where it cannot be written; the older ones are then untouched
 */
export function writeCheckpoint(
  run: string,
  values: CheckpointState,
  { card, graph, weights }: { card: ModelCard; graph: Graph; weights: ReadonlyMap<string, Float32Array> },
  { trained, slots, own }: Readonly<Record<'trained' | 'slots' | 'own', ReadonlyMap<string, Float32Array>>>,
): void {
  const tensors = shaped(graph, weights);
  for (const [name, data] of slots) tensors.set(SLOT_PREFIX + name, { shape: [data.length], data });
  for (const [name, data] of own) tensors.set(OWN_PREFIX + name, { shape: [data.length], data });
  for (const [name, data] of trained) tensors.set(TRAINED_PREFIX + name, { shape: [data.length], data });
  const text = JSON.stringify(values);
  const file = path.join(checkpointFolder(run), `step-${values.step}.safetensors`);
  writeSafetensors(file, tensors, { ...cardMetadata(card), [STATE]: text, [STATE_SUM]: sha256(text) });
  const others = checkpointFiles(run).filter(({ step }) => step !== values.step);
  // What is newer than this is what a resume found damaged.
  for (const other of others.filter(({ step }) => step > values.step)) remove(other.file);
  for (const other of others.filter(({ step }) => step < values.step).slice(KEPT - 1)) remove(other.file);
}

/** Removes what a killed process left half-written; to be called by the run's only writer before it writes. */
export function sweepCheckpoints(run: string): void {
  const folder = checkpointFolder(run);
  try {
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) if (name.endsWith('.tmp')) remove(path.join(folder, name));
  } catch (error) {
    throw fileProblem(error, folder, 'write');
  }
}

/** A file that stays costs room and nothing else, so a failure here is no failure of the run. */
function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {}
}
