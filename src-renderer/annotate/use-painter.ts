import { notifications } from '@mantine/notifications';
import { useEffect, useMemo, useRef } from 'react';
import type { Picture } from '../../src-main/labels/wand.ts';
import { useViewport } from '../canvas/store.ts';
import { resolve } from '../canvas/viewport.ts';
import { Painter } from './painter.ts';
import type { LabelSession } from './session.ts';
import { useAnnotate } from './store.ts';
import { toolInfo } from './tools/registry.ts';
import type { ToolAction, Work } from './tools/tool.ts';

/** Says something short where the user looks; the next word takes its place. */
export function say(text: string): void {
  notifications.show({ id: 'annotate', message: text, autoClose: 4000 });
}

const watchers = new Set<() => void>();

/** Calls back when what the tool draws over the picture has changed. Answers what ends it. */
export function onRedraw(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

const pictures = new WeakMap<ImageBitmap, Picture>();

/** The colours of a picture; read once, as that takes a moment. */
function pictureOf(image: ImageBitmap): Picture {
  let picture = pictures.get(image);
  if (!picture) {
    const { width, height } = image;
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
    context.drawImage(image, 0, 0);
    picture = { width, height, rgba: context.getImageData(0, 0, width, height).data };
    pictures.set(image, picture);
  }
  return picture;
}

function workOn(session: LabelSession, image: ImageBitmap | null, source: Work['source']): Work {
  const state = useAnnotate.getState;
  return {
    session,
    source,
    picture: () => image && pictureOf(image),
    get label() {
      return state().label;
    },
    get options() {
      return state().options;
    },
    get selected() {
      return state().selected;
    },
    get scale() {
      const { view, image: size, pane } = useViewport.getState();
      return size ? resolve(view, size, pane).scale : 1;
    },
    begin: () => session.begin(state().locked),
    commit(stroke, tool) {
      const changed = session.commit(stroke, tool);
      if (!changed && state().locked.size > 0) say('Nothing has changed here: locked classes stay as they are.');
      return changed;
    },
    choose: chooseLabel,
    select: state().select,
    say,
    redraw() {
      for (const watcher of watchers) watcher();
    },
    outline(plane, chosen) {
      const { regions } = state();
      // Asked for at each move of the pointer: what is outlined already needs no render.
      if ((regions?.plane ?? null) === plane && (regions?.chosen ?? 0) === chosen) return;
      useAnnotate.setState({ regions: plane && { plane, chosen } });
    },
  };
}

let current: Painter | null = null;

/** Draws with another class; the tool may give it to what is selected. */
export function chooseLabel(label: number): void {
  current?.tool.label?.(label);
  useAnnotate.getState().setLabel(label);
}

/** Has the chosen tool do what a control of its options stands for. */
export function act(action: ToolAction): void {
  if (!current?.held) current?.tool.act?.(action);
}

/** The chosen tool at work on an image; null without one. */
export function usePainter(
  session: LabelSession | null,
  image: ImageBitmap | null,
  source: Work['source'],
): Painter | null {
  const tool = useAnnotate((state) => state.tool);
  const latest = useRef(source);
  latest.current = source;
  const painter = useMemo(() => {
    if (!session) return null;
    const work = workOn(session, image, () => latest.current());
    return new Painter(work, toolInfo(tool).make(work));
  }, [session, image, tool]);
  useEffect(() => {
    current = painter;
    // Another tool or another image gives up what was begun.
    return () => {
      painter?.cancel();
      painter?.tool.leave?.();
    };
  }, [painter]);
  return painter;
}
