import { useInterval } from '@mantine/hooks';
import { useState } from 'react';
import { Stage } from '../canvas/Stage.tsx';
import type { ModelPair, StageLook } from './pair.ts';

/** How long each model is shown, in ms. */
const PERIOD = 700;

/** Teacher and student in the same place, one after the other: what differs, moves. */
export function Blink({ pair, stage }: { pair: ModelPair; stage: StageLook }) {
  const [turn, setTurn] = useState(0);
  useInterval(() => setTurn((now) => 1 - now), PERIOD, { autoInvoke: true });
  const shown = pair[turn];
  return (
    <div className="fill" data-panel>
      <Stage
        {...stage}
        panes={[{ id: 'blink', title: shown.title, name: shown.title, layers: [shown.layer] }]}
        columns={1}
      />
    </div>
  );
}
