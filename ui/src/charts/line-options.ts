import uPlot from "uplot";
import { formatNumber } from "../lib/numbers";
import type { Axis } from "../lib/series";
import { formatDuration } from "../lib/time";

export interface Colors {
  line: string;
  text: string;
  grid: string;
}

/** A place under the pointer. */
export interface Spot {
  x: number;
  y: number;
  /** The smallest and largest value of the bucket; null for a point. */
  band: readonly [low: number, high: number] | null;
}

export interface ChartSetup {
  axis: Axis;
  log: boolean;
  smoothed: boolean;
  colors: Colors;
  font: string;
  width: number;
  height: number;
  onSpot: (spot: Spot | null) => void;
  onZoom: (from: number, to: number) => void;
  onReset: () => void;
}

/** The order of the columns after x. */
const HIGH = 1;
const LOW = 2;
const RAW = 3;
const SMOOTH = 4;

// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- uPlot declares an enum that does not exist at run time
const LOGARITHMIC: uPlot.Scale.Distr = 3;

/** Narrowest drag in pixels that is a zoom and no slip of the hand. */
const LEAST_DRAG = 6;

/** What uPlot draws and how. */
export function chartOptions(setup: ChartSetup): uPlot.Options {
  const { axis, log, smoothed, colors, width, height } = setup;
  const main = smoothed ? SMOOTH : RAW;
  // The edges of the band carry the spikes, so they are drawn, if faintly.
  const edge: uPlot.Series = { stroke: faded(colors.line, 38), width: 1, points: { show: false } };
  return {
    width,
    height,
    padding: [10, 18, 0, 0],
    legend: { show: false },
    scales: { x: { time: axis === "time" }, y: log ? { distr: LOGARITHMIC } : {} },
    axes: [xAxis(setup), yAxis(setup)],
    bands: [{ series: [HIGH, LOW], fill: faded(colors.line, 18) }],
    series: [
      {},
      edge,
      edge,
      { stroke: smoothed ? faded(colors.line, 32) : colors.line, width: smoothed ? 1 : 1.5, points: smoothed ? { show: false } : { size: 5, width: 0, fill: colors.line } },
      { stroke: colors.line, width: 1.75, points: { show: false } },
    ],
    cursor: {
      y: false,
      points: { size: (_, i) => (i === main ? 6 : 0), width: 0, fill: colors.line },
      drag: { x: true, y: false, setScale: false, dist: LEAST_DRAG },
      bind: { dblclick: () => () => (setup.onReset(), null) },
    },
    hooks: {
      setCursor: [(chart) => setup.onSpot(spotOf(chart, main))],
      setSelect: [(chart) => zoomOf(chart, setup.onZoom)],
    },
  };
}

function spotOf(chart: uPlot, series: number): Spot | null {
  const index = chart.cursor.idx;
  if (index == null || (chart.cursor.left ?? -1) < 0) return null;
  const x = chart.data[0][index];
  const y = chart.data[series]?.[index];
  const low = chart.data[LOW]?.[index];
  const high = chart.data[HIGH]?.[index];
  return x === undefined || y == null ? null : { x, y, band: low == null || high == null ? null : [low, high] };
}

function zoomOf(chart: uPlot, onZoom: ChartSetup["onZoom"]): void {
  const { left, width } = chart.select;
  if (width < LEAST_DRAG) return;
  const from = chart.posToVal(left, "x");
  const to = chart.posToVal(left + width, "x");
  chart.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  onZoom(from, to);
}

function faded(color: string, percent: number): string {
  return `color-mix(in srgb, ${color} ${percent}%, transparent)`;
}

const CHAR = 6.6;

function yAxis({ colors, font }: ChartSetup): uPlot.Axis {
  return {
    stroke: colors.text,
    font,
    gap: 6,
    grid: { stroke: colors.grid, width: 1 },
    ticks: { show: false },
    values: (_, ticks) => ticks.map((tick: number | null) => (tick === null ? "" : formatNumber(tick))),
    size: (_, labels: string[] | null) => 16 + CHAR * Math.max(3, ...(labels ?? []).map((label) => label.length)),
  };
}

/** Year, month, day, 24-hour clock: [span, format, on a new year, on a new day, ...] as uPlot reads it. */
const CLOCK: (string | number | null)[][] = [
  [3600 * 24 * 28, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [3600 * 24, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
  [1, ":{ss}", "\n{D} {MMM} {HH}:{mm}", null, "\n{D} {MMM} {HH}:{mm}", null, "\n{HH}:{mm}", null, 1],
  [0.001, ":{ss}.{fff}", "\n{D} {MMM} {HH}:{mm}", null, "\n{D} {MMM} {HH}:{mm}", null, "\n{HH}:{mm}", null, 1],
];

/** Steps in seconds that a clock likes. */
const SPANS = [0.001, 0.01, 0.1, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000];

function xAxis({ axis, colors, font }: ChartSetup): uPlot.Axis {
  const base: uPlot.Axis = { stroke: colors.text, font, gap: 4, size: axis === "time" ? 38 : 26, space: 70, grid: { show: false }, ticks: { stroke: colors.grid, size: 4 } };
  if (axis === "time") return { ...base, values: CLOCK };
  if (axis === "step") return { ...base, incrs: [1, 2, 5].flatMap((n) => Array.from({ length: 16 }, (_, i) => n * 10 ** i)).sort((a, b) => a - b), values: (_, ticks) => ticks.map(shortStep) };
  return { ...base, incrs: SPANS, values: (_, ticks) => ticks.map((tick) => (tick < 0 ? `-${formatDuration(-tick * 1000)}` : formatDuration(tick * 1000))) };
}

/** 15,000 -> 15k, 2,000,000 -> 2M, for the axis. */
function shortStep(step: number): string {
  const size = Math.abs(step);
  if (size >= 1e12) return `${String(step / 1e12)}T`;
  if (size >= 1e9) return `${String(step / 1e9)}G`;
  if (size >= 1e6) return `${String(step / 1e6)}M`;
  if (size >= 1e4) return `${String(step / 1e3)}k`;
  return String(step);
}
