import type { NetworkDrawing } from '../../../src-main/contract/network-drawing.ts';
import { count, whole } from '../../shared/format.ts';
import { kindName, share } from './words.ts';

interface Row {
  name: string;
  values: [string, string];
  /** How many times the right one is the left one. */
  times?: number;
}

/** Two networks' figures beside each other; those that differ stand out. */
export function Differences({ left, right }: { left: NetworkDrawing; right: NetworkDrawing }) {
  const both = [left, right] as const;
  const row = (
    name: string,
    of: (drawing: NetworkDrawing) => string,
    number?: (drawing: NetworkDrawing) => number,
  ): Row => {
    const values: [string, string] = [of(left), of(right)];
    return { name, values, ...(number && number(left) > 0 ? { times: number(right) / number(left) } : {}) };
  };
  const kinds = [...new Set(both.flatMap((one) => Object.keys(one.kinds)))].filter(
    (kind) => left.kinds[kind] !== right.kinds[kind],
  );
  const rows = [
    row(
      'Parameters',
      (one) => whole(one.parameters),
      (one) => one.parameters,
    ),
    row(
      'MACs',
      (one) => count(one.macs),
      (one) => one.macs,
    ),
    row('Input', (one) => `${one.size[1]} × ${one.size[0]}`),
    row('Multiples of', (one) => String(one.stride)),
    row('Logits', (one) => `${one.outputs} at ${share(one.logitsStride)}`),
    row('Taps', (one) => one.taps.map(({ stride }) => share(stride)).join(', ')),
    row(
      'Nodes',
      (one) => String(one.names.length),
      (one) => one.names.length,
    ),
    ...kinds.map((kind) => row(kindName(kind), (one) => String(one.kinds[kind] ?? 0))),
  ];
  return (
    <section>
      <table className="sheet graph-differences" aria-label="What differs" data-testid="graph-differences">
        <thead>
          <tr>
            <th />
            <th className="ellipsis" title={left.title}>
              A
            </th>
            <th className="ellipsis" title={right.title}>
              B
            </th>
            <th className="number">B ÷ A</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, values: [a, b], times }) => (
            <tr key={name} data-differs={a !== b || undefined}>
              <th scope="row">{name}</th>
              <td>{a}</td>
              <td>{b}</td>
              <td className="number">{times === undefined ? '' : times.toPrecision(3)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="quiet">What differs is in bold; of the kinds of nodes only those that differ are listed.</p>
    </section>
  );
}
