import { toNumber, type WireNumber } from "./numbers";

/** A metric curve as the server sends it, in columns. When not exact, an entry is a bucket of points. */
export interface WireSeries {
  run_id: string;
  key: string;
  total: number;
  exact: boolean;
  steps: readonly number[];
  timestamps: readonly number[];
  values: readonly WireNumber[];
  low?: readonly WireNumber[] | null;
  high?: readonly WireNumber[] | null;
}

export type Axis = "step" | "time" | "relative";

export interface Look {
  axis: Axis;
  /** Zero of the relative axis, ms since epoch. */
  start: number;
  /** Weight of the past, 0 to 0.99; 0 is off. */
  smoothing: number;
  log: boolean;
}

type Column = (number | null)[];

/** What a chart draws: x ascending, and a column of y for each line; null is a gap. */
export interface Lines {
  x: number[];
  raw: Column;
  smooth: Column | null;
  low: Column | null;
  high: Column | null;
}

/** The lines of a curve. NaN and infinities are gaps, and so are values that a log axis cannot show. */
export function toLines(series: WireSeries, look: Look): Lines {
  const x = xOf(series, look);
  const order = ascending(x);
  const pick = (values: readonly WireNumber[]): Column => order.map((i) => drawable(toNumber(values[i] ?? NaN), look.log));
  const raw = pick(series.values);
  const banded = !series.exact && series.low != null && series.high != null;
  return {
    x: order.map((i) => x[i] ?? 0),
    raw,
    smooth: look.smoothing > 0 ? smooth(raw, look.smoothing) : null,
    low: banded ? pick(series.low ?? []) : null,
    high: banded ? pick(series.high ?? []) : null,
  };
}

function xOf(series: WireSeries, look: Look): readonly number[] {
  if (look.axis === "step") return series.steps;
  const zero = look.axis === "relative" ? look.start : 0;
  return series.timestamps.map((at) => (at - zero) / 1000);
}

function ascending(x: readonly number[]): number[] {
  const order = x.map((_, i) => i);
  const sorted = x.every((value, i) => i === 0 || value >= (x[i - 1] ?? value));
  return sorted ? order : order.sort((a, b) => (x[a] ?? 0) - (x[b] ?? 0) || a - b);
}

function drawable(value: number, log: boolean): number | null {
  return Number.isFinite(value) && (!log || value > 0) ? value : null;
}

/** Exponential moving average, corrected for its start, so the first value is the first value. Gaps stay gaps. */
export function smooth(values: Column, weight: number): Column {
  let average = 0;
  let mass = 0;
  return values.map((value) => {
    if (value === null) return null;
    average = weight * average + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    return average / mass;
  });
}

/** The steps that lie between two places of the x axis, with one point more at each side so that lines run to the edge. */
export function stepsBetween(series: WireSeries, look: Look, from: number, to: number): [number, number] | null {
  const x = xOf(series, look);
  const inside = x.flatMap((value, i) => (value >= from && value <= to ? [i] : []));
  const first = inside[0];
  const last = inside.at(-1);
  if (first === undefined || last === undefined) {
    return look.axis === "step" ? [Math.floor(from), Math.ceil(to)] : null;
  }
  const steps = series.steps.slice(Math.max(0, first - 1), last + 2);
  return [Math.min(...steps), Math.max(...steps)];
}

/** How many values of a curve cannot be drawn on any axis. */
export function countGaps(series: WireSeries): number {
  return series.values.reduce<number>((count, value) => count + (Number.isFinite(toNumber(value)) ? 0 : 1), 0);
}
