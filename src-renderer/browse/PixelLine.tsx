import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import { cssColor } from '../canvas/palette.ts';
import { indexAt, type Plane } from '../canvas/planes.ts';
import { useViewport } from '../canvas/store.ts';

/** The class under the pointer, always in the same place. */
export function PixelLine(props: {
  classes: ClassInfo[];
  labels: Plane | null;
  /** Stands in place of the pointer's place. */
  title?: string;
  testid?: string;
}) {
  const { classes, labels, title, testid = 'probe' } = props;
  const hover = useViewport((state) => state.hover);
  const image = useViewport((state) => state.image);
  const value =
    hover && image && labels ? labels.data[indexAt(labels, hover.x / image.width, hover.y / image.height)] : null;
  const info = value === null ? undefined : classes[value];
  return (
    <div className="side-part" data-testid={testid}>
      <div className="quiet">
        {title ? title : hover ? `at ${Math.floor(hover.x)}, ${Math.floor(hover.y)}` : 'Point at the image'}
      </div>
      <div className="row" style={{ height: 20 }}>
        {info && <span className="swatch" style={{ background: cssColor(info.color) }} />}
        <span className="ellipsis" data-testid={`${testid}-truth`}>
          {info?.name ?? (value === 255 ? 'ignored' : value === null ? '' : `value ${value}`)}
        </span>
      </div>
    </div>
  );
}
