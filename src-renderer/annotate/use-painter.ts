import { notifications } from '@mantine/notifications';
import { useEffect, useMemo } from 'react';
import { useViewport } from '../canvas/store.ts';
import { resolve } from '../canvas/viewport.ts';
import { Painter } from './painter.ts';
import type { LabelSession } from './session.ts';
import { useAnnotate } from './store.ts';
import { toolInfo } from './tools/registry.ts';
import type { Work } from './tools/tool.ts';

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

function workOn(session: LabelSession, image: ImageBitmap | null): Work {
  const state = useAnnotate.getState;
  return {
    session,
    image,
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
    choose: state().setLabel,
    select: state().select,
    say,
    redraw() {
      for (const watcher of watchers) watcher();
    },
  };
}

/** The chosen tool at work on an image; null without one. */
export function usePainter(session: LabelSession | null, image: ImageBitmap | null): Painter | null {
  const tool = useAnnotate((state) => state.tool);
  const painter = useMemo(() => {
    if (!session) return null;
    const work = workOn(session, image);
    return new Painter(work, toolInfo(tool).make(work));
  }, [session, image, tool]);
  // Another tool or another image gives up what was begun.
  useEffect(() => () => painter?.cancel(), [painter]);
  return painter;
}
