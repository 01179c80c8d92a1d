import type { DrawnBox, NetworkDrawing } from '../../../src-main/contract/network-drawing.ts';
import { Facts } from '../../shared/Facts.tsx';
import { count, whole } from '../../shared/format.ts';
import { type Side, useGraph } from './store.ts';
import { kindLine, kindName, shapeLine, share } from './words.ts';

/** What is known of the chosen box, and of the network as a whole. */
export function GraphFacts(props: { drawings: Record<Side, NetworkDrawing | undefined>; brief: boolean }) {
  const { drawings, brief } = props;
  const chosen = useGraph((state) => state.chosen);
  const drawing = drawings[chosen?.side ?? 'left'];
  const box = drawing?.boxes.find(({ id }) => id === chosen?.id);
  return (
    <>
      {box && <BoxFacts box={box} />}
      {!brief && drawings.left && <NetworkFacts drawing={drawings.left} />}
      {(['left', 'right'] as const).map(
        (side) => drawings[side] && <Taps key={side} side={side} drawing={drawings[side]} lettered={brief} />,
      )}
    </>
  );
}

function BoxFacts({ box }: { box: DrawnBox }) {
  const block = box.kind === null;
  const attributes = Object.entries(box.attrs).map(([name, value]) => `${name} ${value}`);
  return (
    <section data-testid="graph-box-facts">
      <h2>{box.title}</h2>
      <Facts
        facts={[
          ['Kind', block ? `a block, ${kindLine(box)}` : kindName(box.kind ?? '')],
          ['Output', `${shapeLine(box.shape)} (height × width × channels)`],
          ['Parameters', whole(box.parameters)],
          ['MACs', count(box.macs)],
          ...(attributes.length > 0 ? ([['Attributes', attributes.join(', ')]] as [string, string][]) : []),
        ]}
      />
    </section>
  );
}

function NetworkFacts({ drawing }: { drawing: NetworkDrawing }) {
  const { title, size, parameters, macs, stride, logitsStride, outputs, kinds, names } = drawing;
  return (
    <section>
      <h2>{title}</h2>
      <Facts
        facts={[
          ['Parameters', whole(parameters)],
          ['MACs', `${count(macs)} at ${size[1]} × ${size[0]}`],
          ['Sizes', stride === 1 ? 'any' : `multiples of ${stride}`],
          ['Logits', `${outputs} at ${share(logitsStride)}`],
          ['Nodes', String(names.length)],
        ]}
      />
      <h3 className="panel-title">Kinds of nodes</h3>
      <ul className="graph-kinds">
        {Object.entries(kinds)
          .sort((a, b) => b[1] - a[1])
          .map(([kind, number]) => (
            <li key={kind}>
              {number} {kindName(kind)}
            </li>
          ))}
      </ul>
    </section>
  );
}

function Taps({ side, drawing, lettered }: { side: Side; drawing: NetworkDrawing; lettered: boolean }) {
  const { setOpen, choose } = useGraph();
  const go = (id: string) => {
    const blocks = drawing.names.find(({ name }) => name === id)?.blocks ?? [];
    setOpen(side, [...new Set([...drawing.open, ...blocks])], { side, id });
    choose({ side, id });
  };
  return (
    <section>
      <h3 className="panel-title">Usual taps{lettered ? ` of ${side === 'left' ? 'A' : 'B'}` : ''}</h3>
      <ul className="graph-taps" data-testid={`graph-taps-${side}`}>
        {drawing.taps.map(({ name, shape, stride }) => (
          <li key={name} className="row">
            <button type="button" className="plain-button graph-tap" onClick={() => go(name)}>
              {name}
            </button>
            <span className="quiet grow">
              {shapeLine(shape)}, at {share(stride)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
