import { ActionIcon, Button } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useEffect, useMemo } from 'react';
import type { DatasetSummary } from '../../src-main/contract/dataset.ts';
import { annotate } from '../annotate/open.ts';
import { paletteBytes } from '../canvas/palette.ts';
import { Stage } from '../canvas/Stage.tsx';
import { usePicture } from '../canvas/use-picture.ts';
import { handle, run } from '../commands/handlers.ts';
import { Tip } from '../commands/Tip.tsx';
import { useCompare } from '../compare/store.ts';
import { ClassList } from '../shared/ClassList.tsx';
import { percent } from '../shared/format.ts';
import { LayerControls } from '../shared/LayerControls.tsx';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { StepButtons } from '../shared/StepButtons.tsx';
import { stepping } from '../shared/stepping.ts';
import { ZoomButtons } from '../shared/ZoomButtons.tsx';
import { useApp } from '../state/app.ts';
import type { ItemPages } from '../state/item-pages.ts';
import { useOverlay } from '../state/overlay.ts';
import { useAsk } from '../state/queries.ts';
import { PixelLine } from './PixelLine.tsx';
import { useBrowse } from './store.ts';

/** One image large, with its labels over it. */
export function Viewer({ dataset, list }: { dataset: DatasetSummary; list: ItemPages }) {
  const opened = useBrowse((state) => state.opened)!;
  const open = useBrowse((state) => state.open);
  const item = useAsk('items.get', { item: opened }, { keep: true });
  const detail = item.data?.id === opened ? item.data : undefined;
  const picture = usePicture(opened, detail?.labelled ?? false);
  const { opacity, contours, hidden, toggleAll } = useOverlay();
  const palette = useMemo(() => paletteBytes(dataset.classes, hidden), [dataset.classes, hidden]);

  useEffect(
    () =>
      handle({
        ...stepping(list, () => useBrowse.getState().opened, open),
        'classes.toggle': () => toggleAll(dataset.classes.length),
        'item.annotate': () => annotate(useBrowse.getState().opened, useBrowse.getState().listing),
        'item.compare': () => {
          useCompare.getState().setItem(useBrowse.getState().opened);
          useApp.getState().show('compare');
        },
      }),
    [list, open, toggleAll, dataset.classes.length],
  );

  const refusal = item.error ?? picture.error;
  const total = detail?.pixels.reduce((sum, value) => sum + value, 0) ?? 0;
  return (
    <>
      <div className="toolbar" role="toolbar" aria-label="Image" data-panel>
        <Tip command="viewer.close">
          <ActionIcon aria-label="Back to the grid" onClick={() => open(null)} data-testid="viewer-close">
            <IconArrowLeft size={16} />
          </ActionIcon>
        </Tip>
        <StepButtons />
        <span className="ellipsis" data-testid="viewer-key">
          {detail?.key}
        </span>
        {detail && (
          <span className="quiet">
            {detail.width} × {detail.height}
          </span>
        )}
        <span className="grow" />
        <ZoomButtons />
        <Tip command="item.annotate">
          <Button variant="default" onClick={() => run('item.annotate')} data-testid="viewer-annotate">
            Annotate
          </Button>
        </Tip>
        <Button variant="default" onClick={() => run('item.compare')} data-testid="viewer-compare">
          Compare
        </Button>
      </div>
      <div className="with-side">
        {refusal ? (
          <RefusalBox refusal={refusal} retry={item.reload} />
        ) : (
          <Stage
            panes={[
              {
                id: 'viewer',
                title: picture.labels ? 'Image and labels' : 'Image',
                name: `Image ${detail?.key ?? ''} with its labels`,
                busy: picture.loading,
                layers: [
                  {
                    image: picture.image,
                    labels: picture.labels,
                    truth: null,
                    teacher: null,
                    mode: 'labels',
                    clip: [0, 1],
                  },
                ],
              },
            ]}
            size={picture.image}
            palette={palette}
            opacity={opacity}
            contours={contours}
            columns={1}
          />
        )}
        <aside className="side" aria-label="Labels">
          <PixelLine classes={dataset.classes} labels={picture.labels} />
          <div className="side-part" data-panel>
            <LayerControls />
          </div>
          <ClassList
            classes={dataset.classes}
            figures={(label) =>
              detail && total > 0 && detail.pixels[label] > 0 ? (
                <span className="quiet">{percent(detail.pixels[label] / total)} %</span>
              ) : null
            }
          />
        </aside>
      </div>
    </>
  );
}
