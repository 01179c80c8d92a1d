import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import { cssColor } from '../canvas/palette.ts';
import type { Plane } from '../canvas/planes.ts';
import { useViewport } from '../canvas/store.ts';
import { type Reading, readModel, readTruth } from './probe-reading.ts';
import type { ModelView } from './use-model-view.ts';

const ROLES = ['teacher', 'student', 'third'] as const;

/** What the truth and each model say under the pointer; always in the same place and of the same height. */
export function Probe(props: {
  classes: ClassInfo[];
  truth: Plane | null;
  views: readonly (ModelView | null)[];
  itemKey: string;
}) {
  const { classes, truth, views, itemKey } = props;
  const { hover, image } = useViewport();
  const at = image ? hover : null;
  const right = at && image ? readTruth(truth, at, image, classes) : null;
  return (
    <div className="side-part probe" data-testid="probe" data-panel>
      <div className="row quiet">
        <span className="ellipsis grow" title={itemKey} data-testid="probe-item">
          {itemKey}
        </span>
        <span data-testid="probe-place">{at ? `at ${Math.floor(at.x)}, ${Math.floor(at.y)}` : ''}</span>
      </div>
      <dl>
        <dt>truth</dt>
        <dd data-testid="probe-truth">
          <ReadingLine reading={right} classes={classes} />
        </dd>
        {views.map((view, place) => {
          if (!view && place === 2) return null;
          const names = { outputs: view?.model.card.classes ?? [], classes };
          const readings =
            at && image && view?.prediction
              ? readModel(view.prediction, view.table, names, at, image)
              : [null, null, null];
          const wrong = right?.label != null && readings[0] !== null && readings[0].label !== right.label;
          return (
            <div key={ROLES[place]} className="probe-model" data-testid={`probe-${ROLES[place]}`}>
              <dt>
                {ROLES[place]}
                {wrong && <span className="bad"> wrong</span>}
              </dt>
              <dd>
                {readings.map((reading, rank) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: the places first, second, third are what the lines are
                  <ReadingLine key={rank} reading={reading} classes={classes} quiet={rank > 0} />
                ))}
              </dd>
            </div>
          );
        })}
      </dl>
    </div>
  );
}

function ReadingLine({ reading, classes, quiet }: { reading: Reading | null; classes: ClassInfo[]; quiet?: boolean }) {
  const color = reading?.label == null ? undefined : classes[reading.label]?.color;
  return (
    <div className={quiet ? 'probe-line quiet' : 'probe-line'}>
      {reading && <span className="swatch" style={{ background: color && cssColor(color) }} />}
      <span className="ellipsis grow">{reading?.name ?? ''}</span>
      {reading?.probability != null && <span className="number">{reading.probability.toFixed(2)}</span>}
    </div>
  );
}
