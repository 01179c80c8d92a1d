import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import { cssColor } from '../canvas/palette.ts';
import { indexAt, type Plane } from '../canvas/planes.ts';
import { useViewport } from '../canvas/store.ts';

/** The class under the pointer, always in the same place. */
export function PixelLine({ classes, labels }: { classes: ClassInfo[]; labels: Plane | null }) {
  const { hover, image } = useViewport();
  const value =
    hover && image && labels ? labels.data[indexAt(labels, hover.x / image.width, hover.y / image.height)] : null;
  const info = value === null ? undefined : classes[value];
  return (
    <div className="side-part" data-testid="probe">
      <div className="quiet">{hover ? `at ${Math.floor(hover.x)}, ${Math.floor(hover.y)}` : 'Point at the image'}</div>
      <div className="row" style={{ height: 20 }}>
        {info && <span className="swatch" style={{ background: cssColor(info.color) }} />}
        <span className="ellipsis" data-testid="probe-truth">
          {info?.name ?? (value === 255 ? 'ignored' : value === null ? '' : `value ${value}`)}
        </span>
      </div>
    </div>
  );
}
