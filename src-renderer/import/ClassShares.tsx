import type { FoundPreview } from '../../src-main/contract/preview.ts';
import { cssColor } from '../canvas/palette.ts';
import { percent } from '../shared/format.ts';

/** The classes with their colours and their shares of the examples' pixels; a click shows one of them alone. */
export function ClassShares(props: {
  preview: FoundPreview;
  only: number | null;
  setOnly: (only: number | null) => void;
}) {
  const { preview, only, setOnly } = props;
  const { classes, pixels, allPixels } = preview;
  const ignored = allPixels - pixels.reduce((sum, count) => sum + count, 0);
  const share = (count: number) => (count > 0 ? `${percent(count / allPixels)} %` : '–');
  return (
    <>
      <div className="row">
        <h3 className="panel-title grow">
          {classes.length} {classes.length === 1 ? 'class' : 'classes'}
        </h3>
        <span className="quiet">share of the examples</span>
      </div>
      <div className="import-classes" data-testid="import-classes">
        {classes
          .map((info, label) => ({ ...info, label }))
          .map(({ name, color, label }) => (
            <button
              key={label}
              type="button"
              aria-pressed={only === label}
              className="import-class plain-button"
              onClick={() => setOnly(only === label ? null : label)}
              title={`Show ${name} alone`}
              data-testid={`import-class-${label}`}
            >
              <span className="import-number quiet">{label}</span>
              <span className="swatch" style={{ background: cssColor(color) }} />
              <span className="ellipsis grow">{name}</span>
              <span className="quiet">{share(pixels[label])}</span>
            </button>
          ))}
        <div className="import-class quiet" data-testid="import-ignored">
          <span className="import-number" />
          <span className="swatch" />
          <span className="grow">ignored</span>
          <span>{share(ignored)}</span>
        </div>
      </div>
    </>
  );
}
