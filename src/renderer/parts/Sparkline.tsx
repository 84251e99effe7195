// One minute of one figure as a line (uPlot), with the normal limit dotted and what lies beyond it in amber.
import { useEffect, useRef } from 'react';
import uPlot, { type AlignedData, type Options } from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useLook } from '../lookStore.ts';
import { WINDOW_SECONDS } from '../showView.ts';
import type { Point } from '../slidingFigures.ts';
import styles from './Sparkline.module.css';

type SparklineProps = {
  readonly points: readonly Point[];
  readonly limit: number;
  /** Whether more than the limit is a fault (a queue) or what is wanted (throughput). */
  readonly beyondIsFault: boolean;
  /** What the line says, for those who do not see it. */
  readonly label: string;
};

/** uPlot takes its colours once, so another theme is another chart. */
export function Sparkline(props: SparklineProps) {
  const theme = useLook((look) => look.theme);
  return <Chart key={theme} {...props} />;
}

function Chart({ points, limit, beyondIsFault, label }: SparklineProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const chart = new uPlot(optionsFor(element), [[], [], [], []], element);
    plot.current = chart;
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = undefined;
    };
  }, []);

  useEffect(() => {
    plot.current?.setData(dataOf(points, limit, beyondIsFault), false);
    plot.current?.setScale('x', { min: -WINDOW_SECONDS, max: 0 });
    plot.current?.setScale('y', { min: 0, max: Math.max(limit * 1.25, ...points.map((one) => one.value * 1.05), 1) });
  }, [points, limit, beyondIsFault]);

  return <div ref={box} className={styles.sparkline} role="img" aria-label={label} />;
}

function dataOf(points: readonly Point[], limit: number, beyondIsFault: boolean): AlignedData {
  const xs = points.map((one) => -one.secondsAgo);
  return [
    xs,
    points.map((one) => one.value),
    points.map(() => limit),
    points.map((one) => (beyondIsFault && one.value > limit ? one.value : null)),
  ];
}

function optionsFor(element: HTMLElement): Options {
  const token = (name: string): string => getComputedStyle(element).getPropertyValue(name).trim();
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    padding: [2, 0, 1, 0],
    legend: { show: false },
    cursor: { show: false },
    axes: [{ show: false }, { show: false }],
    scales: { x: { time: false } },
    series: [
      {},
      { stroke: token('--chart-line'), fill: token('--chart-area'), width: 1.5, points: { show: false } },
      { stroke: token('--chart-limit'), width: 1, dash: [2, 3], points: { show: false } },
      { stroke: token('--status-degraded-text'), width: 1.5, points: { show: false } },
    ],
  };
}
