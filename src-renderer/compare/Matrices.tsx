import { useComputedColorScheme } from '@mantine/core';
import { HeatmapChart } from 'echarts/charts';
import { GridComponent, TooltipComponent, VisualMapComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useMemo } from 'react';
import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import type { InspectedMaps } from '../../src-main/contract/inspection.ts';
import { CHART_INK } from '../shared/chart-ink.ts';
import { figure } from '../shared/format.ts';
import { useChart } from '../shared/use-chart.ts';
import { cssScale, DIVERGING, SEQUENTIAL } from './colors.ts';
import { matrixParts } from './matrix-parts.ts';

echarts.use([HeatmapChart, GridComponent, TooltipComponent, VisualMapComponent, CanvasRenderer]);

/** CSD's class-by-class matrices: teacher, student, and what the student has more or less. */
export default function Matrices(props: { matrices: NonNullable<InspectedMaps['matrices']>; classes: ClassInfo[] }) {
  const { matrices, classes } = props;
  const names = useMemo(
    () => Array.from({ length: matrices.classes }, (_, i) => classes[i]?.name ?? `output ${i + 1}`),
    [matrices.classes, classes],
  );
  const parts = useMemo(() => matrixParts(matrices), [matrices]);
  return (
    <section aria-label="CSD matrices">
      <h2 className="panel-title">Category-wise similarity: how alike the classes’ responses are</h2>
      <div className="similarity-matrices">
        {parts.map((part) => (
          <Matrix key={part.title} {...part} names={names} />
        ))}
      </div>
    </section>
  );
}

function Matrix(props: {
  title: string;
  values: number[];
  range: [number, number];
  diverging: boolean;
  names: string[];
}) {
  const { title, values, range, diverging, names } = props;
  const scheme = useComputedColorScheme('light');
  const option = useMemo(() => {
    const ink = CHART_INK[scheme];
    const axis = {
      type: 'category' as const,
      data: names,
      axisLabel: {
        color: ink,
        fontSize: 11,
        interval: 0,
        show: names.length <= 24,
        overflow: 'truncate' as const,
        width: 84,
      },
      axisTick: { show: false },
      axisLine: { show: false },
    };
    return {
      animation: false,
      grid: { left: 92, right: 8, top: 8, bottom: 110, containLabel: false },
      // Drawn on the canvas: the page's policy forbids the inline styles of an HTML tooltip.
      tooltip: {
        renderMode: 'richText',
        formatter: ({ value: [x, y, value] }: { value: [number, number, number] }) =>
          `${names[y]} – ${names[x]}\n${figure(value)}`,
      },
      xAxis: { ...axis, axisLabel: { ...axis.axisLabel, rotate: 60 } },
      yAxis: { ...axis, inverse: true },
      visualMap: {
        min: range[0],
        max: range[1],
        calculable: false,
        orient: 'horizontal',
        left: 'center',
        bottom: 0,
        itemWidth: 10,
        itemHeight: 140,
        text: [figure(range[1]), figure(range[0])],
        textStyle: { color: ink, fontSize: 11 },
        inRange: { color: cssScale(diverging ? DIVERGING : SEQUENTIAL) },
      },
      series: [
        {
          type: 'heatmap',
          data: values.map((value, index) => [index % names.length, Math.floor(index / names.length), value]),
          emphasis: { itemStyle: { borderColor: ink, borderWidth: 1 } },
        },
      ],
    };
  }, [values, range, diverging, names, scheme]);
  const root = useChart(option);
  return (
    <figure style={{ margin: 0 }}>
      <figcaption>{title}</figcaption>
      <div
        className="matrix"
        ref={root}
        role="img"
        aria-label={`${title}, ${names.length} by ${names.length} classes`}
        data-testid={`matrix-${title}`}
      />
    </figure>
  );
}
