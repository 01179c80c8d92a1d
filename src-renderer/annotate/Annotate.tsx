import { ActionIcon } from '@mantine/core';
import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { PixelLine } from '../browse/PixelLine.tsx';
import { paletteBytes } from '../canvas/palette.ts';
import { type Layer, Stage } from '../canvas/Stage.tsx';
import { run } from '../commands/handlers.ts';
import { Tip } from '../commands/Tip.tsx';
import { Filmstrip } from '../compare/Filmstrip.tsx';
import { Empty, Waiting } from '../shared/Empty.tsx';
import { whole } from '../shared/format.ts';
import { LayerControls } from '../shared/LayerControls.tsx';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { StepButtons } from '../shared/StepButtons.tsx';
import { ZoomButtons } from '../shared/ZoomButtons.tsx';
import { openDataset } from '../state/actions.ts';
import { useDataset } from '../state/dataset.ts';
import { useItems } from '../state/items.ts';
import { useOverlay } from '../state/overlay.ts';
import './annotate.css';
import { Conflict } from './Conflict.tsx';
import { HistoryPanel } from './HistoryPanel.tsx';
import { LessMenu } from './LessMenu.tsx';
import { PaintClasses } from './PaintClasses.tsx';
import { SaveLine } from './SaveLine.tsx';
import { useAnnotate } from './store.ts';
import { ToolOptions } from './ToolOptions.tsx';
import { ToolOverlay } from './ToolOverlay.tsx';
import { ToolRail } from './ToolRail.tsx';
import { useAnnotateCommands } from './use-commands.ts';
import { useCounts } from './use-counts.ts';
import { usePainter } from './use-painter.ts';
import { usePast } from './use-past.ts';
import { useAhead, useSession, useVersion } from './use-session.ts';
import { useSource } from './use-source.ts';
import { type Shown, useTheirs, whereDiffering } from './use-theirs.ts';

/** The label map of one image, to be drawn in. */
export function Annotate() {
  const { dataset, loading, error } = useDataset();
  const { item, listing, outlines, regions, selected, setItem } = useAnnotate();
  const items = useItems(dataset?.id ?? null, listing);
  const [turn, setTurn] = useState(0);
  const open = useSession(item, turn);
  const session = open?.session ?? null;
  const version = useVersion(session);
  const place = item === null ? -1 : items.list.indexOf(item);
  const source = useSource(open?.item ?? null, items.list.at(place - 1), dataset?.classes ?? NONE);
  const painter = usePainter(session, open?.image ?? null, source.load);
  const reopen = useCallback(() => setTurn((known) => known + 1), []);
  const { past, changed, look, point, goBack } = usePast(session, reopen);
  const { theirs, error: theirsError } = useTheirs(session, version);
  const [shown, setShown] = useState<Shown>('both');
  const differing = useMemo(
    () =>
      theirs && shown === 'differing'
        ? [theirs.mine, theirs.labels].map((one) => whereDiffering(one, theirs.differing))
        : null,
    [theirs, shown],
  );
  const counts = useCounts(session, version);
  const { opacity, contours, hidden } = useOverlay();
  const classes = dataset?.classes ?? NONE;
  const palette = useMemo(() => paletteBytes(classes, hidden), [classes, hidden]);

  const first = items.list.at(0);
  useEffect(() => {
    if (item === null && first) setItem(first.id);
  }, [item, first, setItem]);
  const ahead = useAhead(items.list, item, open?.item === item && session !== null);
  useAnnotateCommands({ list: items.list, session, painter, classes: classes.length });

  if (error) return <RefusalBox refusal={error} />;
  if (!dataset) {
    if (loading) return <Waiting text="Loading the data sets" />;
    return <Empty title="No data set yet" actions={[{ label: 'Open data set folder…', run: openDataset }]} />;
  }
  if (item === null && items.total === 0) return <Empty title="No image fits the filter" />;
  const key = items.list.at(place)?.key;
  const shaped = outlines && session && !past && session.document.shapes.size > 0;
  const instances = shaped ? { plane: session.instances, chosen: selected } : null;
  const outlined = changed ? { plane: changed, chosen: 1 } : (regions ?? instances);
  /** The changed file's label map, shown beside ours until one of them is taken. */
  const beside = shown !== 'mine' && !past && theirs && theirs.count > 0 ? theirs : null;
  const layer: Layer = {
    image: open?.image ?? null,
    labels: past?.plane ?? (beside && differing?.[0]) ?? session?.labels ?? null,
    truth: null,
    teacher: null,
    instances: beside?.differing ?? outlined?.plane ?? null,
    selected: beside ? 1 : outlined?.chosen,
    mode: 'labels',
    clip: [0, 1],
  };
  return (
    <>
      <div className="toolbar annotate-bar" role="toolbar" aria-label="Image and tool" data-panel>
        <StepButtons />
        <span className="ellipsis annotate-key" title={key} data-testid="annotate-key">
          {key ?? ''}
        </span>
        <span className="tool-options">
          <ToolOptions models={source.names} />
        </span>
        <span className="grow" />
        <Tip command="edit.undo">
          <ActionIcon
            aria-label="Undo"
            disabled={!session?.canUndo}
            onClick={() => run('edit.undo')}
            data-testid="undo"
          >
            <IconArrowBackUp size={16} />
          </ActionIcon>
        </Tip>
        <Tip command="edit.redo">
          <ActionIcon
            aria-label="Redo"
            disabled={!session?.canRedo}
            onClick={() => run('edit.redo')}
            data-testid="redo"
          >
            <IconArrowForwardUp size={16} />
          </ActionIcon>
        </Tip>
        <ZoomButtons />
      </div>
      {session && (
        <Conflict
          session={session}
          theirs={theirs}
          error={theirsError}
          shown={shown}
          setShown={setShown}
          reopen={reopen}
        />
      )}
      <div className="annotate-main">
        <ToolRail />
        {open?.error ? (
          <RefusalBox refusal={open.error} retry={reopen} />
        ) : (
          <Stage
            panes={[
              {
                id: 'annotate',
                title: past ? 'As it was: not to be drawn on' : beside ? 'Yours' : '',
                name: `Image ${key ?? ''} with its labels, to draw on`,
                busy: open?.item !== item || session === null,
                layers: [layer],
                input: past || beside ? undefined : (painter ?? undefined),
              },
              ...(beside
                ? [
                    {
                      id: 'theirs',
                      title: 'The file’s',
                      name: `Image ${key ?? ''} with the labels of the file`,
                      layers: [{ ...layer, labels: differing?.[1] ?? beside.labels }],
                    },
                  ]
                : []),
            ]}
            size={open?.image ?? null}
            palette={palette}
            opacity={opacity}
            contours={contours}
            columns={beside ? 2 : 1}
            edits={session?.onPixels}
            ahead={ahead}
          >
            {!past && !beside && <ToolOverlay painter={painter} />}
          </Stage>
        )}
        <aside className="side" aria-label="Classes and history">
          <PixelLine classes={classes} labels={past?.plane ?? session?.labels ?? null} />
          {beside && <PixelLine classes={classes} labels={beside.labels} title="In the file" testid="probe-theirs" />}
          <div className="side-part" data-panel>
            <LayerControls />
          </div>
          <PaintClasses classes={classes} counts={counts} />
          {session && (
            <HistoryPanel session={session} looked={past?.entry ?? null} look={look} point={point} goBack={goBack} />
          )}
        </aside>
      </div>
      <div className="annotate-foot">
        <SaveLine />
        <span className="grow" />
        <LessMenu dataset={dataset} models={Object.values(source.names)} list={items.list} />
        {place >= 0 && (
          <span className="quiet" data-testid="annotate-place">
            {whole(place + 1)} of {whole(items.total ?? 0)}
          </span>
        )}
      </div>
      <Filmstrip items={items} current={item} onOpen={setItem} />
    </>
  );
}

const NONE: never[] = [];
