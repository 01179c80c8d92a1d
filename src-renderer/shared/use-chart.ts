import * as echarts from 'echarts/core';
import { useEffect, useRef } from 'react';

/**
 * A chart that fills its element and follows its size. Answers the element's ref.
 * @param option all of it: what was drawn before goes
 * @param onClick hears where the chart was clicked: the pixel, and the column and row of its grid there (null: beside it)
 */
export function useChart(
  option: echarts.EChartsCoreOption,
  onClick?: (pixel: { x: number; y: number }, cell: [number, number] | null) => void,
): React.RefObject<HTMLDivElement | null> {
  const root = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const clicked = useRef(onClick);
  clicked.current = onClick;
  useEffect(() => {
    const made = echarts.init(root.current!, null, { renderer: 'canvas' });
    chart.current = made;
    made.getZr().on('click', ({ offsetX: x, offsetY: y }) => {
      const inside = made.containPixel({ gridIndex: 0 }, [x, y]);
      clicked.current?.(
        { x, y },
        inside ? (made.convertFromPixel({ gridIndex: 0 }, [x, y]) as [number, number]) : null,
      );
    });
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
