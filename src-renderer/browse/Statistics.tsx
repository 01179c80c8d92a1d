import { SegmentedControl, useComputedColorScheme } from '@mantine/core';
import { BarChart, HeatmapChart } from 'echarts/charts';
import { GridComponent, TooltipComponent, VisualMapComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useMemo, useState } from 'react';
import type { ClassInfo, DatasetSummary } from '../../src-main/contract/dataset.ts';
import type { ClassStatistics, ItemFilter } from '../../src-main/contract/item-query.ts';
import { cssColor } from '../canvas/palette.ts';
import { cssScale, SEQUENTIAL } from '../compare/colors.ts';
import { CHART_INK } from '../shared/chart-ink.ts';
import { percent, whole } from '../shared/format.ts';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { useChart } from '../shared/use-chart.ts';
import { useAsk } from '../state/queries.ts';
import { useBrowse } from './store.ts';

echarts.use([BarChart, HeatmapChart, GridComponent, TooltipComponent, VisualMapComponent, CanvasRenderer]);

const ROW = 18;
/** Classes up to which the matrix has their names beside it; past that the tooltip tells them. */
const MOST_NAMED = 40;

/** How often each class is in the images of the filter, alone and two by two; a click filters by it. */
export default function Statistics({ dataset, filter }: { dataset: DatasetSummary; filter: ItemFilter }) {
  const { data, error, reload } = useAsk('items.statistics', { dataset: dataset.id, ...filter }, { keep: true });
  const narrow = useBrowse((state) => state.filter);
  const [of, setOf] = useState<'images' | 'pixels'>('images');
  const present = (...classes: number[]) => narrow({ classes: [...new Set([...filter.classes, ...classes])] });
  return (
    <aside className="side statistics" aria-label="Classes of these images" data-panel data-testid="statistics">
      {error && <RefusalBox refusal={error} retry={reload} />}
      <div className="side-part">
        <div className="row">
          <h2 className="panel-title grow">Classes</h2>
          <SegmentedControl
            aria-label="Count"
            data={[
              { value: 'images', label: 'Images' },
              { value: 'pixels', label: 'Pixels' },
            ]}
            value={of}
            onChange={(value) => setOf(value as typeof of)}
            data-testid="statistics-of"
          />
        </div>
        <p className="quiet statistics-note" data-testid="statistics-count">
          {data ? `${whole(data.labelled)} of ${whole(data.items)} images are labelled` : 'Counting…'}
        </p>
        {data && <Histogram classes={dataset.classes} statistics={data} of={of} choose={present} />}
      </div>
      <div className="side-part">
        <h2 className="panel-title">Together</h2>
        <p className="quiet statistics-note">Of the images with the class on the left, how many have the one below.</p>
        {data && <Together classes={dataset.classes} statistics={data} choose={present} />}
      </div>
    </aside>
  );
}

interface ChartProps {
  classes: readonly ClassInfo[];
  statistics: ClassStatistics;
}

/** A long name without its middle: names that begin alike often end differently. */
const short = (name: string) => (name.length > 18 ? `${name.slice(0, 9)}…${name.slice(-8)}` : name);

function Histogram(props: ChartProps & { of: 'images' | 'pixels'; choose: (label: number) => void }) {
  const { classes, statistics, of, choose } = props;
  const scheme = useComputedColorScheme('light');
  const values = statistics[of];
  const all = of === 'images' ? statistics.labelled : values.reduce((sum, value) => sum + value, 0);
  const option = useMemo(() => {
    const figureOf = (value: number) => `${whole(value)}  ${percent(all === 0 ? null : value / all)} %`;
    return {
      animation: false,
      grid: { left: 118, right: 96, top: 0, bottom: 0, containLabel: false },
      // Drawn on the canvas: the page's policy forbids the inline styles of an HTML tooltip.
      tooltip: {
        renderMode: 'richText',
        formatter: ({ dataIndex }: { dataIndex: number }) =>
          `${classes[dataIndex].name}\n${figureOf(values[dataIndex])}`,
      },
      xAxis: { type: 'value', show: false, max: Math.max(1, ...values) },
      yAxis: {
        type: 'category',
        inverse: true,
        data: classes.map(({ name }) => name),
        axisLabel: { color: CHART_INK[scheme], fontSize: 11, interval: 0, formatter: short },
        axisTick: { show: false },
        axisLine: { show: false },
      },
      series: [
        {
          type: 'bar',
          barWidth: 10,
          data: values.map((value, c) => ({
            value,
            itemStyle: { color: cssColor(classes[c].color), borderColor: CHART_INK[scheme], borderWidth: 0.5 },
          })),
          label: {
            show: true,
            position: 'right',
            color: CHART_INK[scheme],
            fontSize: 11,
            formatter: ({ value }: { value: number }) => figureOf(value),
          },
          showBackground: true,
          backgroundStyle: { color: 'transparent' },
        },
      ],
    };
  }, [classes, values, all, scheme]);
  const root = useChart(option, ({ y }) => choose(Math.min(classes.length - 1, Math.floor(y / ROW))));
  const spoken = classes.map(({ name }, c) => `${name} ${whole(values[c])}`).join(', ');
  return (
    <div
      ref={root}
      role="img"
      aria-label={`${of === 'images' ? 'Images' : 'Pixels'} of each class: ${spoken}`}
      style={{ height: classes.length * ROW }}
      data-testid="histogram"
    />
  );
}

function Together({ classes, statistics, choose }: ChartProps & { choose: (...labels: number[]) => void }) {
  const scheme = useComputedColorScheme('light');
  const option = useMemo(() => {
    const n = classes.length;
    const small = n > MOST_NAMED;
    const axis = {
      type: 'category' as const,
      data: classes.map(({ name }) => name),
      axisLabel: { color: CHART_INK[scheme], fontSize: 10, interval: 0, show: !small, formatter: short },
      axisTick: { show: false },
      axisLine: { show: false },
    };
    const share = (row: number, column: number) => {
      const { images, together } = statistics;
      return images[row] === 0 ? null : together[row * n + column] / images[row];
    };
    const cells = Array.from({ length: n * n }, (_, at) => [
      at % n,
      Math.floor(at / n),
      share(Math.floor(at / n), at % n),
    ]);
    return {
      animation: false,
      grid: { left: small ? 8 : 92, right: 8, top: 4, bottom: small ? 8 : 84, containLabel: false },
      tooltip: {
        renderMode: 'richText',
        confine: true,
        formatter: ({ value: [x, y, value] }: { value: [number, number, number | null] }) =>
          `${classes[y].name}\nwith ${classes[x].name}\n${whole(statistics.together[y * n + x])} images, ${percent(value)} %`,
      },
      xAxis: { ...axis, axisLabel: { ...axis.axisLabel, rotate: 90 } },
      yAxis: { ...axis, inverse: true },
      visualMap: { show: false, min: 0, max: 1, inRange: { color: cssScale(SEQUENTIAL) } },
      series: [
        { type: 'heatmap', data: cells, emphasis: { itemStyle: { borderColor: CHART_INK[scheme], borderWidth: 1 } } },
      ],
    };
  }, [classes, statistics, scheme]);
  const root = useChart(option, (_, cell) => {
    if (cell) choose(cell[1], cell[0]);
  });
  return (
    <div
      ref={root}
      style={classes.length > MOST_NAMED ? { aspectRatio: 1 } : { height: classes.length * 14 + 90 }}
      role="img"
      aria-label={`Which classes are in the same images, ${classes.length} by ${classes.length}`}
      data-testid="together"
    />
  );
}
