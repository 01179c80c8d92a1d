/** The threads of `Annotations`. */
import { inflateRawSync } from 'node:zlib';
import { serveThread } from '../base/thread-pool.ts';
import type { LabelEditRecord } from '../contract/annotation.ts';
import { Problem } from '../contract/problem.ts';
import { type LabelDocument, shapeChangesBetween } from '../labels/document.ts';
import { stacksOf } from '../labels/history.ts';
import { longestPatch, patchBetween, patchPixels } from '../labels/patch.ts';
import { packPlanes } from '../labels/planes.ts';
import { type Database, openForReading } from '../store/database.ts';
import {
  type Editable,
  type EditsBegin,
  getEditable,
  getLabelEdits,
  labelHistory,
  type NewEntry,
  type SeenSource,
} from '../store/label-edits.ts';
import type { LabelAnswer, LabelRequest, OpenedLabels } from './annotations.ts';
import { conflictOf, documentOf, hashOf, packState, shapesOf, sourceHash, sourceOf } from './label-states.ts';

/** A connection is kept while the same project is read. */
let open: { file: string; database: Database } | null = null;

function connect(file: string): Database {
  if (open?.file === file) return open.database;
  open?.database.close();
  open = { file, database: openForReading(file) };
  return open.database;
}

function opened(database: Database, item: number): OpenedLabels {
  const editable = getEditable(database, item);
  const edits = getLabelEdits(database, item);
  const { width, height, labels } = editable;
  const none = { item, width, height, sequence: 0, shapes: [], undo: [], redo: [], conflict: null };
  if (!edits) return { state: none, source: sourceHash(editable) };
  requireSize(editable, edits);
  const { kind } = conflictOf(edits, editable);
  // The path stands before the first line feed (datasets/label-source.ts).
  const path = (labels ?? edits.labels ?? '').split('\n', 1)[0];
  const { sequence } = edits;
  const shapes = shapesOf(database, edits);
  const state = { item, width, height, sequence, shapes, ...stacksOf(labelHistory(database, item)) };
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
  return { entry, begin: edits ? null : beginOf(database, editable) };
}

function beginOf(database: Database, editable: Editable): EditsBegin {
  const { document, hash: source } = sourceOf(database, editable);
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

/** The source as it is now; with `take`, also the entry that makes the label map equal to it. */
function sourceSeen(database: Database, item: number, take: boolean): { seen: SeenSource; entry: NewEntry | null } {
  const editable = getEditable(database, item);
  const edits = getLabelEdits(database, item);
  if (!edits) throw new Problem('This label map was never edited.', { next: 'Open the image again.' });
  requireSize(editable, edits);
  const { labels } = editable;
  const { now: source } = conflictOf(edits, editable);
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

function answer(request: LabelRequest): LabelAnswer {
  const database = connect(request.database);
  const { item } = request;
  switch (request.kind) {
    case 'open':
      return { kind: 'opened', ...opened(database, item) };
    case 'planes': {
      const { document } = documentOf(database, item, request.at);
      return { kind: 'planes', width: document.width, height: document.height, bytes: packPlanes(document) };
    }
    case 'check':
      return { kind: 'checked', ...checked(database, item, request.edit) };
    case 'restore': {
      const before = documentOf(database, item).document;
      const after = documentOf(database, item, request.to).document;
      return { kind: 'entry', entry: entryTo(before, after, 'restore') };
    }
    case 'source':
      return { kind: 'source', ...sourceSeen(database, item, request.take) };
  }
}

serveThread<LabelRequest, LabelAnswer>(answer, (answered) =>
  answered.kind === 'planes' ? [answered.bytes.buffer] : [],
);
