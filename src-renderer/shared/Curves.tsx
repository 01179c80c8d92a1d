import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Curve } from '../../src-main/contract/window.ts';
import './curves.css';
import { CHART_INK } from './chart-ink.ts';
import { figure, percent as inPercent } from './format.ts';

/** Colours of curves: told apart by the colour-blind on dark and on light; repeated after the last. */
const INKS = {
  light: ['#1971c8', '#c2510c', '#1b7f5c', '#8a4fbf', '#8a6d00', '#b3286b'],
  dark: ['#5aa7f0', '#f08c4a', '#4fc49a', '#bb8cf0', '#d9b830', '#f06aa8'],
};
const HEIGHT = 148;

interface Props {
  title: string;
  curves: { label: string; curve: Curve | null }[];
  percent?: boolean;
}

/** Some curves over the steps of a run, in one small chart. */
export function Curves({ title, curves, percent }: Props) {
  const root = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const scheme = useComputedColorScheme('light');
  const labels = curves.map(({ label }) => label).join('\n');
  const known = curves.map(({ curve }) => curve);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list is new at each render, its curves are not
  const data = useMemo(() => join(known), known);
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const ink = CHART_INK[scheme];
    const grid = { stroke: scheme === 'dark' ? '#2e2e2e' : '#ebebeb', width: 1 };
    const show = (value: number | null) => (percent ? inPercent(value) : figure(value));
    const axis = { stroke: ink, grid, ticks: { show: false }, font: '11px system-ui, sans-serif' };
    const made = new uPlot(
      {
        width: Math.max(50, root.current!.clientWidth),
        height: HEIGHT,
        scales: { x: { time: false } },
        cursor: { sync: { key: 'run' }, points: { size: 5 }, drag: { x: true, y: false } },
        legend: { live: true },
        axes: [
          { ...axis, size: 24 },
          { ...axis, size: 52, values: (_, ticks) => ticks.map(show) },
        ],
        series: [
          { label: 'step', value: (_, value) => (value === null ? '–' : String(value)) },
          ...labels.split('\n').map((label, index) => ({
            label,
            stroke: INKS[scheme][index % INKS[scheme].length],
            width: 1.5,
            spanGaps: true,
            value: (_: uPlot, value: number | null, __: number, place: number | null) =>
              show(place === null ? lastOf(latest.current[index + 1]) : value),
          })),
        ],
      },
      latest.current,
      root.current!,
    );
    plot.current = made;
    const observer = new ResizeObserver(([entry]) => made.setSize({ width: entry.contentRect.width, height: HEIGHT }));
    observer.observe(root.current!);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [labels, scheme, percent]);
  useEffect(() => plot.current?.setData(data), [data]);

  const spoken = curves.map(({ label, curve }) => `${label} ${figure(curve?.last.at(-1))}`).join(', ');
  return (
    <figure className="curve">
      <figcaption className="panel-title">{title}</figcaption>
      <div ref={root} role="img" aria-label={`${title}: ${spoken}`} data-testid={`curve-${title}`} />
    </figure>
  );
}

function lastOf(values: ArrayLike<number | null | undefined>): number | null {
  for (let i = values.length - 1; i >= 0; i--) if (values[i] != null) return values[i] as number;
  return null;
}

/** Curves that may have been measured at other steps, on one axis of steps. */
function join(curves: (Curve | null)[]): uPlot.AlignedData {
  const tables = curves.map((curve): uPlot.AlignedData => [curve?.steps ?? [], curve?.last ?? []]);
  return uPlot.join(tables);
}
