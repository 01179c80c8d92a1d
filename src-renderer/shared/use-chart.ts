import * as echarts from 'echarts/core';
import { useEffect, useRef } from 'react';

/**
 * A chart that fills its element and follows its size. Answers the element's ref.
 * @param option all of it: what was drawn before goes
 * @param onClick hears where a mark of the chart was clicked, as echarts names it
 */
export function useChart(
  option: echarts.EChartsCoreOption,
  onClick?: (mark: echarts.ECElementEvent) => void,
): React.RefObject<HTMLDivElement | null> {
  const root = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const clicked = useRef(onClick);
  clicked.current = onClick;
  useEffect(() => {
    const made = echarts.init(root.current!, null, { renderer: 'canvas' });
    chart.current = made;
    made.on('click', (mark) => clicked.current?.(mark));
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(root.current!);
    return () => {
      observer.disconnect();
      chart.current = null;
      // A frame that is being painted would still reach for what is disposed of.
      setTimeout(() => made.dispose(), 100);
    };
  }, []);
  useEffect(() => chart.current?.setOption(option, { notMerge: true }), [option]);
  return root;
}
