import { useEffect } from 'react';
import { useViewport } from '../canvas/store.ts';
import { handle } from '../commands/handlers.ts';
import { stepping } from '../shared/stepping.ts';
import { attempt } from '../state/actions.ts';
import type { ItemPages } from '../state/item-pages.ts';
import { useOverlay } from '../state/overlay.ts';
import { focusCanvas } from './focus.ts';
import type { Painter } from './painter.ts';
import type { LabelSession } from './session.ts';
import { allSaved, retrySaving } from './sessions.ts';
import { useAnnotate } from './store.ts';
import { TOOL_IDS, toolInfo } from './tools/registry.ts';
import type { ToolKey } from './tools/tool.ts';
import { act, chooseLabel, say } from './use-painter.ts';

/** Gives the commands of this view their meaning while it is shown. */
export function useAnnotateCommands(view: {
  list: ItemPages;
  session: LabelSession | null;
  painter: Painter | null;
  classes: number;
}): void {
  const { list, session, painter, classes } = view;
  useEffect(() => {
    const state = useAnnotate.getState;
    const resize = (step: number) => () => state().setOptions({ size: state().options.size + step });
    const step = (redo: boolean) => ({
      run: () => {
        if (!painter?.held) void attempt(async () => session?.step(redo));
      },
      enabled: () => Boolean(redo ? session?.canRedo : session?.canUndo),
    });
    const key = (which: ToolKey) => () => void painter?.key(which);
    const tools = TOOL_IDS.map((id) => [
      toolInfo(id).command,
      () => {
        state().setTool(id);
        focusCanvas();
      },
    ]);
    const paints = Array.from({ length: 10 }, (_, index) => [
      `paint.${index}`,
      { run: () => chooseLabel(index), enabled: () => index < classes },
    ]);
    return handle({
      ...stepping(list, () => state().item, state().setItem),
      ...Object.fromEntries([...tools, ...paints]),
      'brush.smaller': resize(-1),
      'brush.larger': resize(1),
      'brush.muchSmaller': resize(-10),
      'brush.muchLarger': resize(10),
      'edit.undo': step(false),
      'edit.redo': step(true),
      'labels.save': saveNow,
      'class.lock': () => state().toggleLock(state().label),
      'classes.toggle': () => useOverlay.getState().toggleAll(classes),
      'outlines.toggle': () => state().toggleOutlines(),
      'models.beside': () => state().toggleBeside(),
      'draft.cancel': () => {
        if (!painter?.key('cancel')) state().select(0);
      },
      'shape.finish': key('finish'),
      'shape.back': key('back'),
      'shape.delete': key('delete'),
      'shape.duplicate': key('duplicate'),
      'labels.copyPrevious': () => {
        state().setTool('take');
        state().setOptions({ source: 'previous' });
        // The tool is there after the next render.
        setTimeout(() => act('takeAll'));
      },
      'pan.hold': holdToPan,
    });
  }, [list, session, painter, classes]);
}

/** All is saved by itself; this says so, or tries again. */
async function saveNow(): Promise<void> {
  retrySaving();
  say((await allSaved()) ? 'All strokes are saved.' : 'Not saved yet: the line below the image says why.');
}

function holdToPan(): void {
  const { panning, setPanning } = useViewport.getState();
  if (panning) return;
  setPanning(true);
  const release = (event: Event) => {
    if (event instanceof KeyboardEvent && event.code !== 'Space') return;
    setPanning(false);
    window.removeEventListener('keyup', release);
    window.removeEventListener('blur', release);
  };
  window.addEventListener('keyup', release);
  window.addEventListener('blur', release);
}
