import type { RunGain } from '../../src-main/contract/annotation.ts';
import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import type { RunSummary } from '../../src-main/contract/window.ts';
import { cssColor } from '../canvas/palette.ts';
import { Waiting } from '../shared/Empty.tsx';
import { difference, percent, whole } from '../shared/format.ts';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { useAsk } from '../state/queries.ts';
import { classesByGain, gainLimits, gainOf, gainTitle } from './gain-words.ts';

/** Which classes gained since the run before, beside what was labelled of them in between. */
export function Gain({ run }: { run: RunSummary }) {
  const gain = useAsk('runs.gain', { run: run.run }, { keep: true });
  const datasets = useAsk('datasets.list', {}, { keep: true }).data;
  const classes = datasets?.find(({ id }) => id === run.dataset)?.classes;
  if (gain.error) return <RefusalBox refusal={gain.error} retry={gain.reload} />;
  if (gain.data === null) {
    return (
      <p className="quiet" data-testid="gain-none">
        There is nothing to hold this run against: no run before it on {run.datasetName} was evaluated on the same
        split, or this one was not evaluated yet.
      </p>
    );
  }
  if (!gain.data || !classes) return <Waiting text="Loading the gain" />;
  return <GainTable gain={gain.data} classes={classes} />;
}

function GainTable({ gain, classes }: { gain: RunGain; classes: ClassInfo[] }) {
  const labels = useAsk('runs.labels', { run: gain.run }, { keep: true });
  const runs = useAsk('runs.list', {}, { keep: true }).data;
  const nameOf = (run: string) => runs?.find((one) => one.run === run)?.name ?? run;
  const [before, after] = gain.mIoU;
  const made = (c: number, what: 'images' | 'labelled' | 'corrected') => {
    if (!labels.data) return '…';
    const count = labels.data.at(c)?.[what] ?? 0;
    return count === 0 ? '' : whole(count);
  };
  return (
    <div data-testid="gain">
      <p>{gainTitle(gain, nameOf)}</p>
      <p className="quiet" data-testid="gain-limits">
        {gainLimits(gain)}
      </p>
      {labels.error && <RefusalBox refusal={labels.error} retry={labels.reload} />}
      <table className="sheet gain-table" aria-label="Gain by class">
        <thead>
          <tr>
            <th>Class</th>
            <th className="number">IoU before</th>
            <th className="number">IoU now</th>
            <th className="number">Gain</th>
            <th className="number" title="Images in which the class was labelled, corrected or taken away">
              Images
            </th>
            <th className="number" title="Pixels of the class now that had no class before">
              Labelled px
            </th>
            <th className="number" title="Pixels of the class now that had another class before">
              Corrected px
            </th>
            <th className="number" title="How many more pixels of the whole data set are of the class">
              In all px
            </th>
          </tr>
        </thead>
        <tbody>
          <tr data-testid="gain-mean">
            <td>All, mIoU</td>
            <td className="number">{percent(before)}</td>
            <td className="number">{percent(after)}</td>
            <td className="number">{difference(gainOf({ before, after, pixels: null }))}</td>
            <td className="number">{gain.images === 0 ? '' : whole(gain.images)}</td>
            <td />
            <td />
            <td />
          </tr>
          {classesByGain(gain).map((c) => {
            const one = gain.classes[c];
            return (
              <tr key={c} data-testid={`gain-${c}`}>
                <td>
                  <span className="row">
                    <span
                      className="swatch"
                      style={{ background: classes[c] ? cssColor(classes[c].color) : undefined }}
                    />
                    <span className="ellipsis gain-name" title={classes[c]?.name}>
                      {classes[c]?.name ?? `class ${c + 1}`}
                    </span>
                  </span>
                </td>
                <td className="number">{percent(one.before)}</td>
                <td className="number">{percent(one.after)}</td>
                <td className="number">{difference(gainOf(one))}</td>
                <td className="number">{made(c, 'images')}</td>
                <td className="number">{made(c, 'labelled')}</td>
                <td className="number">{made(c, 'corrected')}</td>
                <td className="number">{more(one.pixels)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** A count with its sign; nothing where nothing changed. */
function more(pixels: number | null): string {
  if (pixels === null) return '–';
  return pixels === 0 ? '' : `${pixels > 0 ? '+' : '−'}${whole(Math.abs(pixels))}`;
}
