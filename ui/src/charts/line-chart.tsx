import { useMantineTheme, useComputedColorScheme } from "@mantine/core";
import { useEffect, useEffectEvent, useRef, type ReactElement } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Axis, Lines } from "../lib/series";
import { chartOptions, type Colors, type Spot } from "./line-options";
import css from "./line-chart.module.css";

export interface LineChartProps {
  label: string;
  lines: Lines;
  axis: Axis;
  log: boolean;
  onSpot: (spot: Spot | null) => void;
  onZoom: (from: number, to: number) => void;
  onReset: () => void;
}

/** One curve: the raw line, pale when a smoothed one lies before it, and the band of its extremes. Drag to zoom. */
export function LineChart(props: LineChartProps): ReactElement {
  const { label, lines, axis, log } = props;
  const ref = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const scheme = useComputedColorScheme("light");
  const { fontFamily } = useMantineTheme();
  const smoothed = lines.smooth !== null;
  const onSpot = useEffectEvent(props.onSpot);
  const onZoom = useEffectEvent(props.onZoom);
  const onReset = useEffectEvent(props.onReset);
  const data = useEffectEvent(() => columnsOf(lines));

  useEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const made = new uPlot(
      chartOptions({
        axis,
        log,
        smoothed,
        colors: colorsOf(element),
        font: `11px ${fontFamily}`,
        width: element.clientWidth,
        height: element.clientHeight,
        onSpot,
        onZoom,
        onReset,
      }),
      data(),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [axis, log, smoothed, scheme, fontFamily]);

  useEffect(() => {
    plot.current?.setData(columnsOf(lines));
  }, [lines]);

  return <div ref={ref} className={css["chart"]} role="img" aria-label={label} />;
}

function columnsOf({ x, raw, smooth, low, high }: Lines): uPlot.AlignedData {
  const none = Array.from(x, () => null);
  return [x, high ?? none, low ?? none, raw, smooth ?? none];
}

function colorsOf(element: HTMLElement): Colors {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return { line: read("--accent"), text: read("--faint"), grid: read("--line-soft") };
}
