import { useComputedColorScheme } from '@mantine/core';
import { ParallelChart, ScatterChart } from 'echarts/charts';
import { GridComponent, ParallelComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useMemo } from 'react';
import type { SweepSummary } from '../../src-main/contract/sweep.ts';
import { CHART_INK } from '../shared/chart-ink.ts';
import { useChart } from '../shared/use-chart.ts';
import { type Colours, fieldChart, parallelChart } from './sweep-charts.ts';

echarts.use([ScatterChart, ParallelChart, GridComponent, ParallelComponent, TooltipComponent, CanvasRenderer]);

const COLOURS: Record<'light' | 'dark', Colours> = {
  light: { ink: CHART_INK.light, line: '#d0d0d0', point: '#4a78b5', best: '#d9480f' },
  dark: { ink: CHART_INK.dark, line: '#4a4a4a', point: '#7fa8dd', best: '#ff922b' },
};

/** mIoU against each field, and, where there are several, all of them in one chart. */
export default function SweepCharts({ sweep }: { sweep: SweepSummary }) {
  const colours = COLOURS[useComputedColorScheme('light')];
  if (sweep.trials.every(({ mIoU }) => mIoU === null)) {
    return <p className="quiet">The charts come with the first run that has ended.</p>;
  }
  return (
    <>
      <div className="sweep-charts">
        {sweep.fields.map(({ field }, at) => (
          <FieldChart key={field} sweep={sweep} at={at} colours={colours} />
        ))}
      </div>
      {sweep.fields.length > 1 && <Parallel sweep={sweep} colours={colours} />}
    </>
  );
}

function FieldChart({ sweep, at, colours }: { sweep: SweepSummary; at: number; colours: Colours }) {
  const root = useChart(useMemo(() => fieldChart(sweep, at, colours), [sweep, at, colours]));
  const { field } = sweep.fields[at];
  return (
    <figure>
      <figcaption className="panel-title ellipsis">mIoU by {field}</figcaption>
      <div ref={root} role="img" aria-label={`mIoU by ${field}`} data-testid={`sweep-chart-${field}`} />
    </figure>
  );
}

function Parallel({ sweep, colours }: { sweep: SweepSummary; colours: Colours }) {
  const root = useChart(useMemo(() => parallelChart(sweep, colours), [sweep, colours]));
  return (
    <figure>
      <figcaption className="panel-title">All fields together, a line for each run</figcaption>
      <div ref={root} role="img" aria-label="All fields together, a line for each run" data-testid="sweep-parallel" />
    </figure>
  );
}
