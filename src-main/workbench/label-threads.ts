/** What is asked of the threads that decode, check and replay label maps (`labels.thread.ts`). */
import { ThreadPool } from '../base/thread-pool.ts';
import type { AnnotationState, LabelEditRecord } from '../contract/annotation.ts';
import type { DatasetTotals } from '../store/datasets.ts';
import type { LabelCounts } from '../store/label-counts.ts';
import type { EditsBegin, NewEntry, SeenSource } from '../store/label-edits.ts';
import type { OpenProject } from './project.ts';
import type { Keeper } from './projects.ts';
import type { Planes } from './resources.ts';

/** What can be asked, and what is answered. */
export interface LabelWork {
  /** `source`: SHA-256 of what the label map is made of. */
  open: { asked: { item: number }; answer: { state: AnnotationState; source: string } };
  /** `at`: as after this entry, or the source as it is now; after the last entry where it is not given. */
  planes: { asked: { item: number; at?: number | 'source' }; answer: Planes };
  check: {
    asked: { item: number; edit: LabelEditRecord };
    answer: { entry: NewEntry; begin: EditsBegin | null };
  };
  /** The entry that leads back; null: there is nothing to do. */
  restore: { asked: { item: number; to: number }; answer: NewEntry | null };
  /** `take`: with the entry that makes the label map equal to its source. */
  source: { asked: { item: number; take: boolean }; answer: { seen: SeenSource; entry: NewEntry | null } };
  /** The entry that gives ignored pixels these classes, `height·width`; null: there is nothing to fill. */
  fill: {
    asked: { item: number; classes: Uint8Array };
    answer: { entry: NewEntry | null; begin: EditsBegin | null };
  };
  /** `keep`: with the whole label map, if the last entry is this one or a later one. */
  count: { asked: { item: number; keep: number }; answer: LabelCounts };
  /** What entries after `from` up to `to` did to each class. */
  made: { asked: { item: number; from: number; to: number }; answer: ClassChanges };
  /** Writes the label map as after entry `at` for jobs. */
  write: { asked: { item: number; at: number; file: string }; answer: null };
  /** Writes the labels as a small picture. `edited`: as they are edited here, not as the data set has them. */
  thumbnail: { asked: { item: number; edited: boolean; file: string }; answer: null };
  totals: { asked: { dataset: number }; answer: DatasetTotals };
}
export type LabelKind = keyof LabelWork;

export type LabelRequest = { database: string } & { [K in LabelKind]: { kind: K } & LabelWork[K]['asked'] }[LabelKind];
export type LabelAnswer = LabelWork[LabelKind]['answer'];

/** Of each class: pixels that are of it now and had none, or another one, before; whether there is any change in it. */
export interface ClassChanges {
  labelled: number[];
  corrected: number[];
  touched: boolean[];
}

export class LabelThreads implements Keeper {
  private started: ThreadPool<LabelRequest, LabelAnswer> | null = null;

  async ask<K extends LabelKind>(
    project: OpenProject,
    kind: K,
    asked: LabelWork[K]['asked'],
  ): Promise<LabelWork[K]['answer']> {
    this.started ??= new ThreadPool(new URL('./labels.thread.ts', import.meta.url), 2);
    return this.started.run({ kind, ...asked, database: project.databaseFile } as LabelRequest);
  }

  /** With the threads go their connections. */
  async closing(): Promise<void> {
    await this.started?.close();
    this.started = null;
  }
}
