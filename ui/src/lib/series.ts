import type { Numbers } from "./packed";

/** A metric curve as the server sends it, in columns. When not exact, an entry is a bucket of points. */
export interface Curve {
  run_id: string;
  key: string;
  total: number;
  exact: boolean;
  steps: Numbers;
  timestamps: Numbers;
  values: Numbers;
  low?: Numbers;
  high?: Numbers;
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

type Column = Numbers | (number | null)[];

/** What a chart draws: x ascending, and a column of y for each line; null is a gap. */
export interface Lines {
  x: Numbers | number[];
  raw: Column;
  smooth: Column | null;
  low: Column | null;
  high: Column | null;
}

/** The lines of a curve. NaN and infinities are gaps, and so are values that a log axis cannot show. */
export function toLines(series: Curve, look: Look): Lines {
  const x = xOf(series, look);
  const order = ascending(x);
  const pick = (values: Numbers): Column => drawn(order === null ? values : Array.from(order, (i) => values[i] ?? NaN), look.log);
  const raw = pick(series.values);
  const { exact, low, high } = series;
  const banded = !exact && low !== undefined && high !== undefined;
  return {
    x: order === null ? x : Array.from(order, (i) => x[i] ?? 0),
    raw,
    smooth: look.smoothing > 0 ? smooth(raw, look.smoothing) : null,
    low: banded ? pick(low) : null,
    high: banded ? pick(high) : null,
  };
}

function xOf(series: Curve, look: Look): Numbers | number[] {
  if (look.axis === "step") return series.steps;
  const zero = look.axis === "relative" ? look.start : 0;
  return Array.from(series.timestamps, (at) => (at - zero) / 1000);
}

/** The places of `x` in order; null when they are in order already. */
function ascending(x: ArrayLike<number>): number[] | null {
  for (let i = 1; i < x.length; i += 1) {
    if ((x[i] ?? 0) < (x[i - 1] ?? 0)) return Array.from(x, (_, at) => at).sort((a, b) => (x[a] ?? 0) - (x[b] ?? 0) || a - b);
  }
  return null;
}

/** What can be drawn: the values as they are when that is all of them. */
function drawn(values: Numbers | number[], log: boolean): Column {
  const fits = (value: number): boolean => Number.isFinite(value) && (!log || value > 0);
  return values.every(fits) ? values : Array.from(values, (value) => (fits(value) ? value : null));
}

/** Exponential moving average, corrected for its start, so the first value is the first value. Gaps stay gaps. */
export function smooth(values: Column, weight: number): Column {
  let average = 0;
  let mass = 0;
  return Array.from(values, (value: number | null) => {
    if (value === null) return null;
    average = weight * average + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    return average / mass;
  });
}

/** The steps that lie between two places of the x axis, with one point more at each side so that lines run to the edge. */
export function stepsBetween(series: Curve, look: Look, from: number, to: number): [number, number] | null {
  const x = xOf(series, look);
  const inside = Array.from(x).flatMap((value, i) => (value >= from && value <= to ? [i] : []));
  const first = inside[0];
  const last = inside.at(-1);
  if (first === undefined || last === undefined) {
    return look.axis === "step" ? [Math.floor(from), Math.ceil(to)] : null;
  }
  const steps = series.steps.slice(Math.max(0, first - 1), last + 2);
  return [Math.min(...steps), Math.max(...steps)];
}

/** How many values of a curve cannot be drawn on any axis. */
export function countGaps(series: Curve): number {
  return Array.from(series.values).filter((value) => !Number.isFinite(value)).length;
}
