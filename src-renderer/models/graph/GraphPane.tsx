import { type Node, type NodeProps, type NodeTypes, ReactFlow, type Viewport, ViewportPortal } from '@xyflow/react';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import type { DrawnBox, DrawnEdge, NetworkDrawing } from '../../../src-main/contract/network-drawing.ts';
import { count } from '../../shared/format.ts';
import { type Seen, type Side, useGraph } from './store.ts';
import { centred, isSeen, nextBox, type Pane, ZOOM } from './walk.ts';
import { kindLine, shapeLine } from './words.ts';
import '@xyflow/react/dist/base.css';
import './graph.css';

type BoxNode = Node<{ box: DrawnBox; side: Side }, 'box'>;

const TYPES: NodeTypes = { box: Box };

/** One network's drawing: boxes that open and close, moved and scaled together with the other side's. */
export function GraphPane(props: { side: Side; drawing: NetworkDrawing; shown: Seen; pane: Pane; stale: boolean }) {
  const { side, drawing, shown, pane, stale } = props;
  const ref = useRef<HTMLDivElement>(null);
  const { look, choose, setOpen } = useGraph();
  useWanted(side, drawing, shown, pane);

  const toggle = useCallback(
    (box: DrawnBox) => {
      choose({ side, id: box.id });
      if (box.kind !== null) return;
      const open = box.open ? drawing.open.filter((id) => id !== box.id) : [...drawing.open, box.id];
      const at = { x: shown.x + (box.x - drawing.width / 2) * shown.zoom, y: shown.y + box.y * shown.zoom };
      setOpen(side, open, { side, id: box.id, at });
    },
    [side, drawing, shown, choose, setOpen],
  );
  const nodes = useMemo(
    () =>
      drawing.boxes.map(
        (box): BoxNode => ({
          id: box.id,
          type: 'box',
          position: { x: box.x - drawing.width / 2, y: box.y },
          width: box.width,
          height: box.height,
          zIndex: box.open ? 0 : 2,
          data: { box, side },
        }),
      ),
    [drawing, side],
  );
  const keys = (event: React.KeyboardEvent) => {
    const { chosen } = useGraph.getState();
    if (!event.key.startsWith('Arrow')) return;
    event.preventDefault();
    const from = chosen?.side === side ? chosen.id : drawing.boxes.find(({ open }) => !open)?.id;
    const to = from === undefined ? undefined : nextBox(drawing, from, event.key);
    if (!to) return;
    choose({ side, id: to.id });
    if (!isSeen(to, drawing, shown, pane)) look(centred(to, drawing, shown, pane));
    ref.current?.querySelector<HTMLElement>(`[data-box="${CSS.escape(to.id)}"]`)?.focus({ preventScroll: true });
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys lead from one of its buttons to the next
    <div
      ref={ref}
      className="graph-pane"
      data-panel
      data-stale={stale || undefined}
      data-testid={`graph-${side}`}
      onKeyDown={keys}
    >
      <ReactFlow
        nodes={nodes}
        nodeTypes={TYPES}
        viewport={shown}
        onViewportChange={(to: Viewport) => look(to)}
        minZoom={ZOOM.least}
        maxZoom={ZOOM.most}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        elementsSelectable={false}
        zoomOnDoubleClick={false}
        disableKeyboardA11y
        onlyRenderVisibleElements
        onNodeClick={(_, node) => toggle(node.data.box)}
        proOptions={{ hideAttribution: true }}
        aria-label={`Graph of ${drawing.title}`}
      >
        <ViewportPortal>
          <Edges drawing={drawing} />
        </ViewportPortal>
      </ReactFlow>
    </div>
  );
}

/** Brings the box that was asked for into sight, or keeps one that was opened where it was. */
function useWanted(side: Side, drawing: NetworkDrawing, shown: Seen, pane: Pane) {
  const wanted = useGraph((state) => state.wanted);
  const now = useRef(shown);
  now.current = shown;
  useLayoutEffect(() => {
    if (wanted?.side !== side) return;
    const box = drawing.boxes.find(({ id }) => id === wanted.id);
    if (!box) return;
    const { zoom } = now.current;
    const { at } = wanted;
    // A block that was clicked is drawn again as its frame: only then is the new drawing there
    if (at && drawing.open.includes(box.id) !== (useGraph.getState().open[side] ?? []).includes(box.id)) return;
    const seen = at
      ? { zoom, x: at.x - (box.x - drawing.width / 2) * zoom, y: at.y - box.y * zoom }
      : centred(box, drawing, now.current, pane);
    useGraph.setState({ wanted: null, seen });
  }, [wanted, drawing, pane, side]);
}

function Edges({ drawing }: { drawing: NetworkDrawing }) {
  const chosen = useGraph((state) => state.chosen);
  const lines = useMemo(() => drawing.edges.map((edge) => ({ edge, d: pathOf(edge) })), [drawing]);
  const ends = (edge: DrawnEdge) => edge.from === chosen?.id || edge.to === chosen?.id;
  return (
    <svg className="graph-edges" width={1} height={1} aria-hidden="true">
      <defs>
        <marker id="graph-arrow" viewBox="0 0 8 8" refX={7} refY={4} markerWidth={7} markerHeight={7} orient="auto">
          <path d="M0 0 8 4 0 8z" />
        </marker>
      </defs>
      <g transform={`translate(${-drawing.width / 2} 0)`}>
        {lines.map(({ edge, d }) => (
          <path
            key={`${edge.from} ${edge.to}`}
            d={d}
            data-chosen={ends(edge) || undefined}
            markerEnd="url(#graph-arrow)"
          />
        ))}
      </g>
    </svg>
  );
}

/** A smooth line through the points that the layout leads an edge along. */
function pathOf({ points }: DrawnEdge): string {
  const [first, ...rest] = points;
  if (!first) return '';
  const middles = rest.slice(0, -1).map((point, i) => {
    const next = rest[i + 1];
    return `Q${point.x} ${point.y} ${(point.x + next.x) / 2} ${(point.y + next.y) / 2}`;
  });
  const last = rest.at(-1);
  return `M${first.x} ${first.y}${middles.join('')}${last ? `L${last.x} ${last.y}` : ''}`;
}

function Box({ data: { box, side } }: NodeProps<BoxNode>) {
  const chosen = useGraph((state) => state.chosen?.side === side && state.chosen.id === box.id);
  const ref = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (chosen && document.activeElement?.closest('.graph-pane')) ref.current?.focus({ preventScroll: true });
  }, [chosen]);
  const block = box.kind === null;
  const figures = box.parameters > 0 || box.macs > 0;
  return (
    <div
      className="graph-box"
      data-block={block || undefined}
      data-open={box.open || undefined}
      data-chosen={chosen || undefined}
    >
      <button
        ref={ref}
        type="button"
        className="plain-button"
        data-box={box.id}
        aria-expanded={block ? box.open : undefined}
        title={box.title}
      >
        <span className="graph-title ellipsis">{box.title}</span>
        {block && <span className="graph-sign">{box.open ? '−' : '+'}</span>}
      </button>
      {!box.open && (
        <>
          <div className="graph-line">
            <span className="ellipsis">{kindLine(box)}</span>
            <span>{shapeLine(box.shape)}</span>
          </div>
          {figures && (
            <div className="graph-line">
              <span>{count(box.parameters)} parameters</span>
              {box.macs > 0 && <span>{count(box.macs)} MACs</span>}
            </div>
          )}
          {box.taps.map((tap) => (
            <div key={tap} className="graph-tap ellipsis" title={`Tap ${tap}`}>
              tap {tap}
            </div>
          ))}
        </>
      )}
    </div>
  );
}
