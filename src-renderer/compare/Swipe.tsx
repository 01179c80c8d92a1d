import { useRef, useState } from 'react';
import { type Layer, Stage } from '../canvas/Stage.tsx';
import type { ModelPair, StageLook } from './pair.ts';

/** Teacher to the left of a divider, student to the right of it; the divider is dragged or moved by the arrow keys. */
export function Swipe({ pair, stage }: { pair: ModelPair; stage: StageLook }) {
  const [at, setAt] = useState(0.5);
  const root = useRef<HTMLDivElement>(null);
  const place = (share: number) => setAt(Math.min(1, Math.max(0, share)));
  const drag = (event: React.PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const box = root.current!.getBoundingClientRect();
    place((event.clientX - box.x) / box.width);
  };
  const layers: Layer[] = [
    { ...pair[0].layer, clip: [0, at] },
    { ...pair[1].layer, clip: [at, 1] },
  ];
  const name = `${pair[0].title} to the left, ${pair[1].title} to the right`;
  return (
    <div className="fill swipe" ref={root} data-panel>
      <Stage {...stage} panes={[{ id: 'swipe', title: pair[0].title, value: pair[1].title, name, layers }]} columns={1}>
        <div
          className="swipe-handle"
          style={{ left: `${at * 100}%` }}
          role="slider"
          tabIndex={0}
          aria-label="Divider between teacher and student"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(at * 100)}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={drag}
          onKeyDown={(event) => {
            if (event.key === 'ArrowLeft') place(at - 0.02);
            if (event.key === 'ArrowRight') place(at + 0.02);
          }}
          data-testid="swipe-handle"
        />
      </Stage>
    </div>
  );
}
