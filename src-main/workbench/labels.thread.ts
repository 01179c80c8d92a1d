/** The threads of `LabelThreads`. */
import { inflateRawSync } from 'node:zlib';
import { paletteOf } from '../annotation/palette.ts';
import { writeAtomic } from '../base/files.ts';
import { serveThread } from '../base/thread-pool.ts';
import type { AnnotationState, LabelEditRecord } from '../contract/annotation.ts';
import { IGNORE } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import { encodeLabels, encodeLabelThumbnail } from '../datasets/codec.ts';
import { holdsInstances } from '../datasets/read-document.ts';
import { ruleOf } from '../datasets/registry.ts';
import { type LabelDocument, shapeChangesBetween } from '../labels/document.ts';
import { stacksOf } from '../labels/history.ts';
import { longestPatch, patchBetween, patchPixels } from '../labels/patch.ts';
import { packPlanes } from '../labels/planes.ts';
import { type Database, keptForReading } from '../store/database.ts';
import { countDataset, getDataset } from '../store/datasets.ts';
import { getItem } from '../store/items.ts';
import type { LabelCounts } from '../store/label-counts.ts';
import {
  type Editable,
  type EditsBegin,
  getEditable,
  getLabelEdits,
  labelHistory,
  type NewEntry,
  type SeenSource,
} from '../store/label-edits.ts';
import {
  conflictOf,
  documentOf,
  hashOf,
  packState,
  type Source,
  shapesOf,
  sourceHash,
  sourceOf,
} from './label-states.ts';
import type { ClassChanges, LabelAnswer, LabelRequest } from './label-threads.ts';

function opened(database: Database, item: number): { state: AnnotationState; source: string } {
  const editable = getEditable(database, item);
  const edits = getLabelEdits(database, item);
  const { width, height, labels } = editable;
  const rule = ruleOf(getDataset(database, editable.dataset).layout);
  const none = { item, width, height, sequence: 0, shapes: [], rule, undo: [], redo: [], conflict: null };
  if (!edits) {
    if (labels === null || !holdsInstances(labels)) {
      return { state: none, source: sourceHash(editable) };
    }
    const { document, hash } = sourceOf(database, editable);
    return { state: { ...none, shapes: [...document.shapes.values()] }, source: hash };
  }
  requireSize(editable, edits);
  const { kind } = conflictOf(database, edits, editable);
  // The path stands before the first line feed (datasets/label-source.ts).
  const path = (labels ?? edits.labels ?? '').split('\n', 1)[0];
  const { sequence } = edits;
  const shapes = shapesOf(database, edits);
  const state = { item, width, height, sequence, shapes, rule, ...stacksOf(labelHistory(database, item)) };
  return { state: { ...state, conflict: kind && { kind, path } }, source: edits.source };
}

function requireSize(now: { width: number; height: number }, then: { width: number; height: number }): void {
  if (now.width === then.width && now.height === then.height) return;
  const sizes = `${now.width}×${now.height} pixels; when its label map was edited it had ${then.width}×${then.height}`;
  throw new Problem(`The image has ${sizes}.`, {
    next: 'Put the image of that size back and import the data set again. What was edited is kept.',
  });
}

/** Checks a stroke before it is kept, and finds out what the label map was like if it is the first. */
function checked(
  database: Database,
  item: number,
  edit: LabelEditRecord,
): { entry: NewEntry; begin: EditsBegin | null } {
  const patch = Buffer.from(edit.patch, 'base64');
  const editable = getEditable(database, item);
  const edits = getLabelEdits(database, item);
  if (edits) requireSize(editable, edits);
  let pixels = 0;
  try {
    if (patch.length > 0) {
      // A bomb ends here, before it is unpacked for good.
      inflateRawSync(patch, { maxOutputLength: longestPatch(editable) });
      pixels = patchPixels(editable, patch);
    }
  } catch (error) {
    throw new Problem('A stroke was not saved, for it does not fit this image.', {
      next: 'Open the image again and repeat the stroke.',
      cause: error,
    });
  }
  const entry = { tool: edit.tool, of: null, back: false, pixels, patch, shapes: edit.shapes };
  return { entry, begin: edits ? null : beginOf(editable, sourceOf(database, editable)) };
}

function beginOf(editable: Editable, { document, hash: source }: Source): EditsBegin {
  const { width, height, labels } = editable;
  return { width, height, labels, source, hash: hashOf(document), state: packState(document) };
}

/** The entry that leads from the label map as it is to another; null where they are equal. */
function entryTo(before: LabelDocument, after: LabelDocument, tool: string): NewEntry | null {
  const patch = patchBetween(before, after);
  const shapes = shapeChangesBetween(before, after);
  if (!patch && shapes.length === 0) return null;
  const pixels = patch ? patchPixels(before, patch) : 0;
  return { tool, of: null, back: false, pixels, patch: patch ?? new Uint8Array(0), shapes };
}

/** Gives ignored pixels, of no instance, the classes that a model is sure of. */
function filled(
  database: Database,
  item: number,
  classes: Uint8Array,
): { entry: NewEntry | null; begin: EditsBegin | null } {
  const editable = getEditable(database, item);
  const edits = getLabelEdits(database, item);
  const source = edits ? null : sourceOf(database, editable);
  const before = source?.document ?? documentOf(database, item).document;
  requireSize(editable, before);
  if (classes.length !== before.classes.length) throw new Error('The classes are those of another image.');
  const fill = before.classes.map((label, i) => (label === IGNORE && before.instances[i] === 0 ? classes[i] : label));
  const entry = entryTo(before, { ...before, classes: fill }, 'prelabel');
  return { entry, begin: entry && source && beginOf(editable, source) };
}

/** The source as it is now; with `take`, also the entry that makes the label map equal to it. */
function sourceSeen(database: Database, item: number, take: boolean): { seen: SeenSource; entry: NewEntry | null } {
  const editable = getEditable(database, item);
  const edits = getLabelEdits(database, item);
  if (!edits) throw new Problem('This label map was never edited.', { next: 'Open the image again.' });
  requireSize(editable, edits);
  const { labels } = editable;
  const { now: source } = conflictOf(database, edits, editable);
  if (!take) return { seen: { labels, source, hash: pixelsHash(database, editable) }, entry: null };
  if (source === '') {
    throw new Problem('There is no source any more that could be taken.', {
      next: 'Keep the label map as it is, or put its file back.',
    });
  }
  const { document } = sourceOf(database, editable);
  const entry = entryTo(documentOf(database, item).document, document, 'source');
  return { seen: { labels, source, hash: hashOf(document) }, entry };
}

/** '' where the source cannot be decoded: then no label map is equal to it. */
function pixelsHash(database: Database, editable: Editable): string {
  try {
    return hashOf(sourceOf(database, editable).document);
  } catch {
    return '';
  }
}

/** What a label map holds; values that no class has count as ignored. */
function counted(database: Database, item: number, keep: number): LabelCounts {
  const { document, at } = documentOf(database, item);
  const counts = new Array<number>(256).fill(0);
  for (const label of document.classes) counts[label]++;
  const pixels = counts.slice(0, classesOf(database, item));
  return { at, hash: hashOf(document), pixels, state: at >= keep ? packState(document) : null };
}

/** What some entries did to each class; values that no class has count as ignored. */
function made(database: Database, item: number, from: number, to: number): ClassChanges {
  const [before, after] = [from, to].map((at) => documentOf(database, item, at).document.classes);
  const classes = classesOf(database, item);
  const counts = (value: number) => new Array<number>(classes).fill(value);
  const changes = { labelled: counts(0), corrected: counts(0), touched: new Array<boolean>(classes).fill(false) };
  for (let i = 0; i < after.length; i++) {
    const [old, now] = [before[i], after[i]];
    if (old === now) continue;
    if (old < classes) changes.touched[old] = true;
    if (now >= classes) continue;
    changes.touched[now] = true;
    changes[old < classes ? 'corrected' : 'labelled'][now]++;
  }
  return changes;
}

function write(database: Database, item: number, at: number, file: string): void {
  const { width, height, classes } = documentOf(database, item, at).document;
  const count = classesOf(database, item);
  const data = classes.map((label) => (label < count ? label : IGNORE));
  writeAtomic(file, encodeLabels({ width, height, data }));
}

function thumbnail(database: Database, item: number, edited: boolean, file: string): void {
  const editable = getEditable(database, item);
  const { document } = edited ? documentOf(database, item) : sourceOf(database, editable);
  const palette = paletteOf(getDataset(database, editable.dataset).classes);
  writeAtomic(file, encodeLabelThumbnail({ ...document, data: document.classes }, palette));
}

function classesOf(database: Database, item: number): number {
  return getDataset(database, getItem(database, item).dataset).classes.length;
}

function answer(request: LabelRequest): LabelAnswer {
  const database = keptForReading(request.database);
  switch (request.kind) {
    case 'open':
      return opened(database, request.item);
    case 'planes': {
      const { item, at } = request;
      const { document } =
        at === 'source' ? sourceOf(database, getEditable(database, item)) : documentOf(database, item, at);
      return { width: document.width, height: document.height, bytes: packPlanes(document) };
    }
    case 'check':
      return checked(database, request.item, request.edit);
    case 'restore': {
      const before = documentOf(database, request.item).document;
      const after = documentOf(database, request.item, request.to).document;
      return entryTo(before, after, 'restore');
    }
    case 'source':
      return sourceSeen(database, request.item, request.take);
    case 'fill':
      return filled(database, request.item, request.classes);
    case 'count':
      return counted(database, request.item, request.keep);
    case 'made':
      return made(database, request.item, request.from, request.to);
    case 'write':
      write(database, request.item, request.at, request.file);
      return null;
    case 'thumbnail':
      thumbnail(database, request.item, request.edited, request.file);
      return null;
    case 'totals':
      return countDataset(database, request.dataset);
  }
}

serveThread<LabelRequest, LabelAnswer>(answer, (given) => (given && 'bytes' in given ? [given.bytes.buffer] : []));
