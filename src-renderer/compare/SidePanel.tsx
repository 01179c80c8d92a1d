import { SegmentedControl, Switch } from '@mantine/core';
import type { ClassInfo, ItemDetail } from '../../src-main/contract/dataset.ts';
import { cssColor, ERRORS } from '../canvas/palette.ts';
import type { usePicture } from '../canvas/use-picture.ts';
import { ClassList } from '../shared/ClassList.tsx';
import { percent } from '../shared/format.ts';
import { LayerControls } from '../shared/LayerControls.tsx';
import { Probe } from './Probe.tsx';
import { useCompare } from './store.ts';
import type { ModelView } from './use-model-view.ts';

/** Beside the panes: what is under the pointer, how labels are drawn, and the classes with each model's IoU. */
export function SidePanel(props: {
  classes: ClassInfo[];
  picture: ReturnType<typeof usePicture>;
  views: readonly (ModelView | null)[];
  item: ItemDetail | null;
}) {
  const { classes, picture, views, item } = props;
  const { errorOf, setErrorOf, crf, toggleCrf } = useCompare();
  const shown = views.filter((view) => view !== null);
  return (
    <aside className="side" aria-label="Under the pointer, layers and classes">
      <Probe classes={classes} truth={picture.labels} views={views} itemKey={item?.key ?? ''} />
      <div className="side-part" data-panel>
        <LayerControls />
        <Switch
          mt={6}
          label="Dense CRF after each model"
          title="Pulls pixels that are near and of like colour to one class. Panes show the mIoU without it → with it."
          checked={crf}
          onChange={toggleCrf}
          data-testid="crf"
        />
        <div className="legend row">
          <span className="quiet">wrong</span>
          {Object.entries(ERRORS).map(([id, { color, title, hint }]) => (
            <span key={id} className="row" title={hint}>
              <span className="swatch" style={{ background: cssColor(color) }} />
              {id === 'student' && errorOf === 2 && views[2] ? 'third' : title}
            </span>
          ))}
        </div>
        {views[2] && (
          <SegmentedControl
            fullWidth
            mt={4}
            aria-label="Model of the error pane"
            data={[
              { value: '1', label: 'Error of student' },
              { value: '2', label: 'Error of third' },
            ]}
            value={String(errorOf)}
            onChange={(value) => setErrorOf(value === '2' ? 2 : 1)}
          />
        )}
      </div>
      <ClassList
        classes={classes}
        heading={
          <span className="iou-columns quiet">
            {shown.map((view) => (
              <span key={view.model.id} title={`IoU of ${view.model.card.name} on this image`}>
                {'ABC'[views.indexOf(view)]}
              </span>
            ))}
          </span>
        }
        figures={(label) => (
          <span className="iou-columns">
            {shown.map((view) => (
              <span key={view.model.id}>{percent(view.ious[label])}</span>
            ))}
          </span>
        )}
      />
    </aside>
  );
}
