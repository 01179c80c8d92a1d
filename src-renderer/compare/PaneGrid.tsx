import { Button } from '@mantine/core';
import { useMemo } from 'react';
import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import { paletteBytes } from '../canvas/palette.ts';
import { type Layer, type PaneSpec, Stage } from '../canvas/Stage.tsx';
import type { usePicture } from '../canvas/use-picture.ts';
import { percent } from '../shared/format.ts';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { useSize } from '../shared/size.ts';
import { importModel } from '../state/actions.ts';
import { useOverlay } from '../state/overlay.ts';
import { Blink } from './Blink.tsx';
import { bestColumns, PANES, type PaneId } from './panes.ts';
import { Swipe } from './Swipe.tsx';
import { useCompare } from './store.ts';
import type { ModelView } from './use-model-view.ts';

const ROLES: Partial<Record<PaneId, { place: 0 | 1 | 2; role: string }>> = {
  teacher: { place: 0, role: 'teacher' },
  student: { place: 1, role: 'student' },
  third: { place: 2, role: 'third model' },
};

type Views = readonly (ModelView | null)[];

/** The panes of the comparison. */
export function PaneGrid(props: {
  picture: ReturnType<typeof usePicture>;
  views: Views;
  classes: ClassInfo[];
  labelled: boolean;
}) {
  const { picture, views, classes, labelled } = props;
  const { panes, mode, errorOf } = useCompare();
  const { opacity, contours, hidden } = useOverlay();
  const palette = useMemo(() => paletteBytes(classes, hidden), [classes, hidden]);
  const [measure, area] = useSize<HTMLDivElement>();

  if (picture.error) return <RefusalBox refusal={picture.error} />;
  const common = { image: picture.image, truth: picture.labels, teacher: null, clip: [0, 1] as [number, number] };
  const labels = (view: ModelView | null): Layer => ({ ...common, labels: view?.labels ?? null, mode: 'labels' });
  const wrong = views[errorOf] ? errorOf : 1;

  const spec = (id: PaneId): PaneSpec | null => {
    const role = ROLES[id];
    if (role) {
      const view = views[role.place];
      return view || role.place < 2 ? modelPane(id, role.role, view, [labels(view)]) : null;
    }
    if (id === 'image') {
      return {
        id,
        title: 'image',
        name: 'image',
        busy: picture.loading,
        layers: [{ ...common, labels: null, mode: 'image' }],
      };
    }
    if (id === 'truth') {
      const message = labelled ? undefined : <span className="pane-note">This image has no labels.</span>;
      return {
        id,
        title: 'truth',
        name: 'truth',
        message,
        layers: [{ ...common, labels: picture.labels, mode: 'labels' }],
      };
    }
    const of = wrong === 1 ? 'student' : 'third model';
    const nothing = !labelled
      ? 'Without labels nobody knows what is wrong.'
      : !views[wrong] || views[wrong].error
        ? `Nothing to show without a prediction of the ${of}.`
        : null;
    return {
      id,
      title: `error of ${of}`,
      name: `error of ${of} ${views[wrong]?.model.card.name ?? ''}`,
      message: nothing && <span className="pane-note">{nothing}</span>,
      layers: nothing
        ? []
        : [{ ...common, labels: views[wrong]?.labels ?? null, teacher: views[0]?.labels ?? null, mode: 'errors' }],
    };
  };

  const stage = { size: picture.image, palette, opacity, contours };
  if (mode !== 'grid') {
    const pair = [
      { title: `teacher ${views[0]?.model.card.name ?? ''}`, layer: labels(views[0]) },
      { title: `student ${views[1]?.model.card.name ?? ''}`, layer: labels(views[1]) },
    ] as const;
    return mode === 'swipe' ? <Swipe pair={pair} stage={stage} /> : <Blink pair={pair} stage={stage} />;
  }
  const specs = PANES.filter((id) => panes.has(id))
    .map(spec)
    .filter((pane) => pane !== null);
  return (
    <div className="fill" ref={measure} data-panel>
      <Stage
        {...stage}
        panes={specs}
        columns={bestColumns(specs.length, area, picture.image ?? { width: 4, height: 3 })}
      />
    </div>
  );
}

function modelPane(id: PaneId, role: string, view: ModelView | null, layers: Layer[]): PaneSpec {
  const name = view?.model.card.name ?? '';
  const after = view?.mIoU === null || !view ? undefined : percent(view.mIoU);
  const value = after && view?.mIoUBefore != null ? `${percent(view.mIoUBefore)} → ${after}` : after;
  let message: React.ReactNode;
  if (!view) {
    message = (
      <>
        <span className="pane-note">No {role} yet</span>
        {role === 'teacher' && (
          <Button variant="default" onClick={importModel}>
            Import model…
          </Button>
        )}
      </>
    );
  } else if (view.error) message = <RefusalBox refusal={view.error} />;
  return {
    id,
    title: `${role} ${name}`,
    value,
    name: `${role} ${name}${value ? `, mIoU ${value}` : ''}`,
    layers,
    message,
    busy: view?.loading ?? false,
  };
}
