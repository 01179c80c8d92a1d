/** Label maps as they are after an entry of their history. For threads: all of it reads files or decodes. */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { fileProblem, sha256 } from '../base/files.ts';
import type { LabelShape, SourceConflict } from '../contract/annotation.ts';
import { Problem } from '../contract/problem.ts';
import { fileInDataset, type LabelTable } from '../datasets/layout.ts';
import {
  type DocumentBytes,
  documentFiles,
  holdsInstances,
  ignoredOutlines,
  openDocument,
  readDocument,
} from '../datasets/read-document.ts';
import { applyShapeChanges, type LabelDocument, newDocument } from '../labels/document.ts';
import { applyPatch } from '../labels/patch.ts';
import { packPlanes, unpackPlanes } from '../labels/planes.ts';
import type { Database } from '../store/database.ts';
import { labelValues } from '../store/datasets.ts';
import {
  changesBetween,
  type Editable,
  getEditable,
  getLabelEdits,
  type LabelEdits,
  type StoredState,
  stateBefore,
} from '../store/label-edits.ts';

/** A state's planes, packed for the database. */
export function packState(document: LabelDocument): Omit<StoredState, 'sequence'> {
  return { pixels: deflateRawSync(packPlanes(document), { level: 1 }), shapes: [...document.shapes.values()] };
}

function unpackState(width: number, height: number, { pixels, shapes }: StoredState): LabelDocument {
  const bytes = inflateRawSync(pixels, { maxOutputLength: 4 * width * height });
  const document = unpackPlanes(width, height, bytes);
  for (const shape of shapes) document.shapes.set(shape.id, shape);
  return document;
}

/**
 * An item's label map as it is edited.
 * @param at as after this entry; the last one where it is not given
 * @throws Problem where the item was never edited and its source cannot be read
 */
export function documentOf(database: Database, item: number, at?: number): { document: LabelDocument; at: number } {
  const edits = getLabelEdits(database, item);
  if (!edits) return { document: sourceOf(database, getEditable(database, item)).document, at: 0 };
  const { width, height } = edits;
  const to = Math.min(at ?? edits.sequence, edits.sequence);
  const state = stateBefore(database, item, to);
  const document = unpackState(width, height, state);
  for (const { patch, shapes, back } of changesBetween(database, item, state.sequence, to)) {
    if (patch.length > 0) applyPatch(document, patch);
    applyShapeChanges(document, shapes, back);
  }
  return { document, at: to };
}

/** The shapes of an item that was edited, as after its last entry. */
export function shapesOf(database: Database, { item, sequence }: LabelEdits): LabelShape[] {
  const state = stateBefore(database, item, sequence);
  const shapes = new Map(state.shapes.map((shape) => [shape.id, shape]));
  for (const change of changesBetween(database, item, state.sequence, sequence)) {
    applyShapeChanges({ shapes }, change.shapes, change.back);
  }
  return [...shapes.values()];
}

/** The instances of an item's label map and the outlines that it was drawn of, as far as it tells any. */
export function instancesOf(database: Database, item: number): { instances: Uint16Array | null; shapes: LabelShape[] } {
  const editable = getEditable(database, item);
  const edits = getLabelEdits(database, item);
  // What was edited is what the source was then, and that may have had outlines of ignored pixels.
  const labels = edits ? edits.labels : editable.labels;
  if (!edits && labels !== null && !holdsInstances(labels)) return { instances: null, shapes: [] };
  const { instances, shapes } = documentOf(database, item).document;
  const table = Uint16Array.from(labelValues(database, editable.dataset));
  const ignored = labels === null ? [] : outlinesThen(editable.root, labels, table);
  const some = instances.some((number) => number !== 0);
  return { instances: some ? instances : null, shapes: [...shapes.values(), ...ignored] };
}

/** None where the source is not there any more. */
function outlinesThen(root: string, labels: string, table: LabelTable): LabelShape[] {
  try {
    return ignoredOutlines(openSource(root, labels), table);
  } catch (error) {
    if (error instanceof Problem) return [];
    throw error;
  }
}

/** SHA-256 of all that a label map holds. */
export function hashOf(document: LabelDocument): string {
  return sha256(packPlanes(document), JSON.stringify([...document.shapes.values()].sort((a, b) => a.id - b.id)));
}

/** What an item's label map is made of, as it is now. `hash`: '' where there is none. */
export interface Source {
  document: LabelDocument;
  hash: string;
}

/** Decodes an item's source. @throws Problem where it cannot be read or does not fit the image */
export function sourceOf(database: Database, { dataset, root, labels, width, height }: Editable): Source {
  if (labels === null) return { document: newDocument(width, height), hash: '' };
  const opened = openSource(root, labels);
  const document = readDocument(opened, Uint16Array.from(labelValues(database, dataset)), { width, height });
  return { document, hash: sha256(...opened.content) };
}

/** SHA-256 of what a label map is made of; '': there is none. @throws Problem where it cannot be read */
export function sourceHash({ root, labels }: Pick<Editable, 'root' | 'labels'>): string {
  return labels === null ? '' : sha256(...openSource(root, labels).content);
}

/** @throws Problem where the file cannot be read, or a link leads out of the data set */
function openSource(root: string, labels: string): DocumentBytes {
  for (const file of documentFiles(labels)) requireInside(root, fileInDataset(root, file));
  return openDocument(root, labels);
}

function requireInside(root: string, file: string): void {
  try {
    if (realpathSync(file).startsWith(realpathSync(root) + path.sep)) return;
  } catch (error) {
    throw fileProblem(error, file, 'read');
  }
  throw new Problem('This file lies outside of its data set.', {
    where: file,
    next: 'Put the file itself into the data set in place of the link.',
  });
}

/** How an item's source differs from what whoever edits has seen; and its hash now. */
export function conflictOf(
  database: Database,
  edits: LabelEdits,
  editable: Editable,
): { kind: SourceConflict['kind'] | null; now: string } {
  let now = '';
  try {
    now = sourceHash(editable);
  } catch {
    // What cannot be read is as good as gone.
  }
  if (now === edits.source) return { kind: null, now };
  if (now === '') return { kind: 'gone', now };
  return { kind: readsTheSame(database, edits, editable) ? null : 'changed', now };
}

/**
 * Whether the source is read in another way than when it was seen, its files are as they were, and so is the class of each
 * pixel: an import may find a file of objects that an earlier one had no use for, or number label values anew.
 */
function readsTheSame(database: Database, edits: LabelEdits, editable: Editable): boolean {
  try {
    const { document } = sourceOf(database, editable);
    if (hashOf(document) === edits.sourceHash) return true;
    const then = { ...editable, labels: edits.labels };
    if (sourceHash(then) !== edits.source) return false;
    const { classes } = sourceOf(database, then).document;
    return classes.every((label, at) => label === document.classes[at]);
  } catch {
    return false;
  }
}
