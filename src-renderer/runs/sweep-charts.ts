/** What the charts of a sweep show, as options of ECharts. Pure. */
import type { Space, SweepSummary, SweptField, Value } from '../../src-main/contract/sweep.ts';
import { figure, percent } from '../shared/format.ts';

export interface Colours {
  ink: string;
  line: string;
  point: string;
  best: string;
}

/** A value as it is read: numbers with four digits, words as they are, anything else as JSON. */
export function valueText(value: Value): string {
  if (typeof value === 'number') return figure(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const axisText = (colours: Colours) => ({ color: colours.ink, fontSize: 11 });

/** The axis of a field, and where a value lies on it. */
function axisOf(space: Space, colours: Colours) {
  const common = {
    axisLabel: { ...axisText(colours), hideOverlap: true },
    axisLine: { lineStyle: { color: colours.line } },
    axisTick: { lineStyle: { color: colours.line } },
    splitLine: { show: false },
  };
  if (space.kind === 'choices') return { ...common, type: 'category' as const, data: space.choices.map(valueText) };
  const type = space.kind === 'log' ? ('log' as const) : ('value' as const);
  return { ...common, type, min: space.from, max: space.to, minInterval: space.kind === 'whole' ? 1 : undefined };
}

function place(space: Space, value: Value): number | string {
  return space.kind === 'choices' ? valueText(value) : (value as number);
}

const percentAxis = (colours: Colours) => ({
  type: 'value' as const,
  scale: true,
  axisLabel: { ...axisText(colours), formatter: (value: number) => percent(value) },
  axisLine: { show: false },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: colours.line } },
  splitNumber: 3,
});

const doneTrials = ({ trials }: SweepSummary) => trials.filter(({ mIoU }) => mIoU !== null);

/** What is told of a run: its number, its mIoU, and its values. */
function tip(fields: readonly SweptField[], values: readonly Value[], number: number, mIoU: number | null): string {
  const lines = fields.map(({ field }, f) => `${field}  ${valueText(values[f])}`);
  return [`run ${number}: mIoU ${percent(mIoU, 2)}`, ...lines].join('\n');
}

/** mIoU against one field. */
export function fieldChart(sweep: SweepSummary, at: number, colours: Colours) {
  const { space } = sweep.fields[at];
  const trials = doneTrials(sweep);
  return {
    animation: false,
    grid: { left: 44, right: 14, top: 10, bottom: 24, containLabel: false },
    // Drawn on the canvas: the page's policy forbids the inline styles of an HTML tooltip.
    tooltip: {
      renderMode: 'richText',
      confine: true,
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const { values, number, mIoU } = trials[dataIndex];
        return tip(sweep.fields, values, number, mIoU);
      },
    },
    xAxis: axisOf(space, colours),
    yAxis: percentAxis(colours),
    series: [
      {
        type: 'scatter',
        symbolSize: 8,
        data: trials.map(({ values, mIoU, number }) => ({
          value: [place(space, values[at]), mIoU],
          itemStyle: { color: number === sweep.best ? colours.best : colours.point },
          symbolSize: number === sweep.best ? 12 : 8,
        })),
      },
    ],
  };
}

/** All fields beside each other and the mIoU on the right, a line for each run. */
export function parallelChart(sweep: SweepSummary, colours: Colours) {
  const trials = doneTrials(sweep);
  const name = { nameLocation: 'end', nameTextStyle: axisText(colours), nameGap: 8 };
  const last = sweep.fields.length;
  const { splitLine: _, ...percents } = percentAxis(colours);
  const stroke = { show: true, lineStyle: { color: colours.line } };
  const line = { axisLine: stroke, axisTick: stroke };
  return {
    animation: false,
    parallel: { left: 80, right: 60, top: 30, bottom: 14 },
    parallelAxis: [
      ...sweep.fields.map(({ field, space }, dim) => ({ dim, name: field, ...name, ...axisOf(space, colours) })),
      { dim: last, name: 'mIoU', ...name, ...percents, ...line },
    ],
    series: [
      {
        type: 'parallel',
        smooth: false,
        data: trials.map(({ values, mIoU, number }) => ({
          value: [...sweep.fields.map(({ space }, f) => place(space, values[f])), mIoU],
          lineStyle: {
            color: number === sweep.best ? colours.best : colours.point,
            width: number === sweep.best ? 3 : 1,
            opacity: number === sweep.best ? 1 : 0.5,
          },
        })),
      },
    ],
  };
}
