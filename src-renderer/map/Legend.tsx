import { cssScale, SEQUENTIAL } from '../compare/colors.ts';
import { whole } from '../shared/format.ts';
import type { Legend as Meaning } from './colours.ts';

/** What the colours of the map mean. */
export function Legend({ legend }: { legend: Meaning }) {
  return (
    <div className="map-legend" role="note" aria-label="What the colours mean" data-testid="map-legend">
      {legend.kind === 'list' ? (
        legend.entries.map(({ label, css, points }) => (
          <div key={label} className="row">
            <span className="swatch" style={{ background: css }} />
            <span className="ellipsis grow" title={label}>
              {label}
            </span>
            <span className="quiet">{whole(points)}</span>
          </div>
        ))
      ) : (
        <>
          <div className="map-scale" style={{ background: `linear-gradient(to right, ${cssScale(SEQUENTIAL)})` }} />
          <div className="row">
            <span className="grow">mIoU 0</span>
            <span>100</span>
          </div>
          {legend.none > 0 && <div className="quiet">{whole(legend.none)} without, grey</div>}
        </>
      )}
    </div>
  );
}
