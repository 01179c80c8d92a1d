import { useEffect, useRef } from 'react';
import type { ModelSummary } from '../../../src-main/contract/model.ts';
import type { NetworkSubject } from '../../../src-main/contract/network-drawing.ts';
import { handle } from '../../commands/handlers.ts';
import { Waiting } from '../../shared/Empty.tsx';
import { RefusalBox } from '../../shared/RefusalBox.tsx';
import { useSize } from '../../shared/size.ts';
import { useAsk } from '../../state/queries.ts';
import { Differences } from './Differences.tsx';
import { GraphBar } from './GraphBar.tsx';
import { GraphFacts } from './GraphFacts.tsx';
import { GraphPane } from './GraphPane.tsx';
import { NetworkOptions } from './NetworkOptions.tsx';
import { SIDES, useGraph } from './store.ts';
import { fitted, fromTheTop, zoomed } from './walk.ts';

/** Networks drawn as graphs, one or two beside each other at one scale, with what is known of them and how they differ. */
export default function NetworkGraphs(props: {
  models: ModelSummary[];
  model: ModelSummary | null;
  modes: React.ReactNode;
}) {
  const { models, model, modes } = props;
  const { subjects, look, setSubject, seen } = useGraph();
  const left = useDrawing('left');
  const right = useDrawing('right');
  const [ref, size] = useSize<HTMLDivElement>();
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (subjects.left) return;
    setSubject('left', model ? { model: model.id } : { network: 'espnet', options: {}, outputs: 19 });
  }, [subjects.left, model, setSubject]);

  const sides = SIDES.filter((side) => subjects[side]);
  const known = { left, right };
  const drawings = sides.map((side) => known[side].data).filter((one) => one !== undefined);
  const pane = { width: Math.floor(size.width / Math.max(1, sides.length)), height: size.height };
  const shown = seen ?? fromTheTop(drawings, pane);
  const now = useRef({ drawings, pane, shown });
  now.current = { drawings, pane, shown };
  useEffect(() => {
    const zoom = (factor: number) => () => look(zoomed(now.current.shown, factor, now.current.pane));
    return handle({
      'zoom.in': zoom(1.25),
      'zoom.out': zoom(0.8),
      'zoom.fit': () => look(fitted(now.current.drawings, now.current.pane)),
      'zoom.actual': () => look({ ...fromTheTop(now.current.drawings, now.current.pane), zoom: 1 }),
      'graph.search': () => search.current?.focus(),
    });
  }, [look]);
  const both = left.data && right.data ? ([left.data, right.data] as const) : null;
  return (
    <>
      <GraphBar
        modes={modes}
        models={models}
        drawings={{ left: left.data, right: right.data }}
        scale={shown.zoom}
        search={search}
      />
      <div className="graph-split">
        <div className="graph-panes" ref={ref}>
          {sides.map((side) => {
            const { data, error, reload, loading } = known[side];
            if (error) return <RefusalBox key={side} refusal={error} retry={reload} />;
            if (!data || pane.width === 0) return <Waiting key={side} text="Drawing the network" />;
            return <GraphPane key={side} side={side} drawing={data} shown={shown} pane={pane} stale={loading} />;
          })}
        </div>
        <aside className="graph-facts scroll" aria-label="About the network" data-panel>
          <NetworkOptions />
          {both && <Differences left={both[0]} right={both[1]} />}
          {left.data && <GraphFacts drawings={{ left: left.data, right: right.data }} brief={both !== null} />}
        </aside>
      </div>
    </>
  );
}

function useDrawing(side: 'left' | 'right') {
  const { subjects, open, size } = useGraph();
  const subject: NetworkSubject | null = subjects[side];
  const known = useAsk('models.draw', subject && { subject, size, open: open[side] }, { keep: true });
  // What is kept of the network before is not drawn in the place of this one
  const asked = useRef({ subject, data: known.data });
  const before = asked.current;
  const other = JSON.stringify(before.subject) !== JSON.stringify(subject);
  const data = other && known.data === before.data ? undefined : known.data;
  useEffect(() => {
    if (data) asked.current = { subject, data };
  });
  return { ...known, data };
}
