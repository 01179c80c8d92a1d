import { useCallback, useEffect, useMemo, useState } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { PixelLine } from '../browse/PixelLine.tsx';
import { paletteBytes } from '../canvas/palette.ts';
import { type Layer, type PaneSpec, Stage } from '../canvas/Stage.tsx';
import { Filmstrip } from '../compare/Filmstrip.tsx';
import { bestColumns } from '../compare/panes.ts';
import { Empty, Waiting } from '../shared/Empty.tsx';
import { whole } from '../shared/format.ts';
import { LayerControls } from '../shared/LayerControls.tsx';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { StepButtons } from '../shared/StepButtons.tsx';
import { useSize } from '../shared/size.ts';
import { ZoomButtons } from '../shared/ZoomButtons.tsx';
import { openDataset } from '../state/actions.ts';
import { useDataset } from '../state/dataset.ts';
import { useItems } from '../state/items.ts';
import { useOverlay } from '../state/overlay.ts';
import './annotate.css';
import { Conflict } from './Conflict.tsx';
import { HistoryPanel } from './HistoryPanel.tsx';
import { LessMenu } from './LessMenu.tsx';
import { ModelsSwitch } from './ModelsSwitch.tsx';
import { PaintClasses } from './PaintClasses.tsx';
import { SaveLine } from './SaveLine.tsx';
import type { LabelSession } from './session.ts';
import { useAnnotate } from './store.ts';
import { ToolOptions } from './ToolOptions.tsx';
import { ToolOverlay } from './ToolOverlay.tsx';
import { ToolRail } from './ToolRail.tsx';
import { UndoButtons } from './UndoButtons.tsx';
import { useBeside } from './use-beside.tsx';
import { useAnnotateCommands } from './use-commands.ts';
import { usePainter } from './use-painter.ts';
import { usePast } from './use-past.ts';
import { useAhead, useSession, useShaped, useVersion } from './use-session.ts';
import { useSource } from './use-source.ts';
import { type Shown, useTheirs, whereDiffering } from './use-theirs.ts';

/** The label map of one image, to be drawn in. */
export function Annotate() {
  const { dataset, loading, error } = useDataset();
  const { item, listing, outlines, regions, selected, withModels, setItem } = useAnnotate(
    useShallow(({ item, listing, outlines, regions, selected, beside, setItem }) => ({
      item,
      listing,
      outlines,
      regions,
      selected,
      withModels: beside,
      setItem,
    })),
  );
  const items = useItems(dataset?.id ?? null, listing);
  const [turn, setTurn] = useState(0);
  const open = useSession(item, turn);
  const session = open?.session ?? null;
  const shaped = useShaped(session);
  const place = item === null ? -1 : items.list.indexOf(item);
  const source = useSource(open?.item ?? null, items.list.at(place - 1), dataset?.classes ?? NONE);
  const models = useBeside(withModels ? source.names : null, items.list, item, dataset?.classes ?? NONE);
  const [measure, area] = useSize<HTMLDivElement>();
  const painter = usePainter(session, open?.image ?? null, source.load);
  const reopen = useCallback(() => setTurn((known) => known + 1), []);
  const { past, changed, look, point, goBack } = usePast(session, reopen);
  const { theirs, error: theirsError } = useTheirs(session);
  const [shown, setShown] = useState<Shown>('both');
  const differing = useMemo(
    () =>
      theirs && shown === 'differing'
        ? [theirs.mine, theirs.labels].map((one) => whereDiffering(one, theirs.differing))
        : null,
    [theirs, shown],
  );
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
  const instances = outlines && session && shaped && !past ? { plane: session.instances, chosen: selected } : null;
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
  const others: PaneSpec[] = beside
    ? [
        {
          id: 'theirs',
          title: 'The file’s',
          name: `Image ${key ?? ''} with the labels of the file`,
          layers: [{ ...layer, labels: differing?.[1] ?? beside.labels }],
        },
      ]
    : models(open?.item ?? null, { ...layer, instances: null });
  const title = past ? 'As it was: not to be drawn on' : others.length > 0 ? 'Yours' : '';
  const columns = bestColumns(1 + others.length, area, open?.image ?? { width: 4, height: 3 });
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
        <UndoButtons session={session} />
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
          <div className="fill" ref={measure}>
            <Stage
              panes={[
                {
                  id: 'annotate',
                  title,
                  name: `Image ${key ?? ''} with its labels, to draw on`,
                  busy: open?.item !== item || session === null,
                  layers: [layer],
                  input: past || beside ? undefined : (painter ?? undefined),
                },
                ...others,
              ]}
              size={open?.image ?? null}
              palette={palette}
              opacity={opacity}
              contours={contours}
              columns={columns}
              edits={session?.onPixels}
              ahead={ahead}
            >
              {!past && !beside && <ToolOverlay painter={painter} />}
            </Stage>
          </div>
        )}
        <aside className="side" aria-label="Classes and history">
          <Pixel classes={classes} labels={past?.plane ?? session?.labels ?? null} session={session} />
          {beside && <PixelLine classes={classes} labels={beside.labels} title="In the file" testid="probe-theirs" />}
          <div className="side-part" data-panel>
            <LayerControls />
          </div>
          <PaintClasses classes={classes} session={session} />
          {session && (
            <HistoryPanel session={session} looked={past?.entry ?? null} look={look} point={point} goBack={goBack} />
          )}
        </aside>
      </div>
      <div className="annotate-foot">
        <SaveLine />
        <span className="grow" />
        <ModelsSwitch there={source.names.teacher !== null || source.names.student !== null} />
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

/** The class under the pointer; a stroke or an undo may have changed it while the pointer rests. */
function Pixel({ session, ...line }: Parameters<typeof PixelLine>[0] & { session: LabelSession | null }) {
  useVersion(session);
  return <PixelLine {...line} />;
}

const NONE: never[] = [];
