import { Button, Select } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import type { ClassInfo, DatasetSummary } from '../../src-main/contract/dataset.ts';
import type { EmbeddingSummary, LabelOutlier } from '../../src-main/contract/embedding.ts';
import { annotate } from '../annotate/open.ts';
import { useBrowse } from '../browse/store.ts';
import { cssColor } from '../canvas/palette.ts';
import { Empty, Waiting } from '../shared/Empty.tsx';
import { whole } from '../shared/format.ts';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { useSize } from '../shared/size.ts';
import { Thumbnail } from '../shared/Thumbnail.tsx';
import { useAsk } from '../state/queries.ts';
import { useMap } from './store.ts';
import { useFiltered } from './use-map.ts';

const ROW = 88;

/** Of which class unusual labels are listed. */
export function OutlierClass({ classes }: { classes: ClassInfo[] }) {
  const { outlierClass, set } = useMap();
  return (
    <Select
      aria-label="Class"
      placeholder="All classes"
      className="map-colour"
      clearable
      searchable
      data={classes.map(({ name }, index) => ({ value: String(index), label: name }))}
      value={outlierClass === null ? null : String(outlierClass)}
      onChange={(value) => set({ outlierClass: value === null ? null : Number(value) })}
      data-testid="outliers-class"
    />
  );
}

/** Classes that look unlike themselves in single images, the most unusual first. */
export function Outliers({ dataset, embedding }: { dataset: DatasetSummary; embedding: EmbeddingSummary }) {
  const { data, error, reload } = useAsk('embeddings.outliers', { embedding: embedding.id }, { keep: true });
  const outlierClass = useMap((state) => state.outlierClass);
  const filtered = useFiltered(dataset.id);
  if (error) return <RefusalBox refusal={error} retry={reload} />;
  if (!data) return <Waiting text="Holding every class against its usual look" />;
  const shown = data.outliers.filter(
    (one) => (outlierClass === null || one.class === outlierClass) && (!filtered || filtered.has(one.item)),
  );
  if (shown.length === 0) {
    const narrowed = data.total > 0;
    return (
      <Empty
        title={narrowed ? 'No unusual label fits the filter' : 'No label is unusual'}
        text={narrowed ? undefined : 'Classes in fewer than eight images are left out: they have no usual look.'}
      />
    );
  }
  return (
    <>
      <div className="map-line quiet" role="status" data-testid="outliers-count">
        {whole(data.total)} unusual {data.total === 1 ? 'label' : 'labels'}
        {shown.length < data.total && `, ${whole(shown.length)} shown`}
        {' · the higher the score, the further from what the class looks like elsewhere; 3.5 and more is unusual'}
      </div>
      <Rows outliers={shown} classes={dataset.classes} />
    </>
  );
}

function Rows({ outliers, classes }: { outliers: LabelOutlier[]; classes: ClassInfo[] }) {
  const [measure, size, scroller] = useSize<HTMLDivElement>();
  const rows = useVirtualizer({
    count: outliers.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 4,
    enabled: size.height > 0,
  });
  return (
    <div className="scroll fill" ref={measure} data-panel data-testid="outliers">
      <div style={{ height: rows.getTotalSize(), position: 'relative', flex: '0 0 auto' }}>
        {rows.getVirtualItems().map((row) => (
          <div key={row.key} className="map-group" style={{ transform: `translateY(${row.start}px)`, height: ROW }}>
            <Row outlier={outliers[row.index]} classes={classes} />
          </div>
        ))}
      </div>
    </div>
  );
}

function Row({ outlier, classes }: { outlier: LabelOutlier; classes: ClassInfo[] }) {
  const { item, key, class: own, score, pixels, reason } = outlier;
  const { open, listing } = useBrowse();
  const info = classes[own];
  return (
    <div className="map-outlier" data-testid="outlier">
      <button
        type="button"
        className="plain-button map-outlier-picture"
        onClick={() => open(item)}
        title={`Open ${key}`}
      >
        <Thumbnail item={item} labelled />
      </button>
      <div className="grow">
        <div className="row">
          <span className="swatch" style={{ background: info && cssColor(info.color) }} />
          <span>{info?.name ?? `class ${own + 1}`}</span>
          <span className="quiet ellipsis">
            {key} · {whole(pixels)} pixels
          </span>
        </div>
        <div>{reason}</div>
      </div>
      <span className="number" title="Score: how unusual, in robust deviations">
        {score.toFixed(1)}
      </span>
      <Button variant="default" onClick={() => open(item)} data-testid="outlier-open">
        Open
      </Button>
      <Button variant="default" onClick={() => annotate(item, listing)} data-testid="outlier-annotate">
        Annotate
      </Button>
    </div>
  );
}
