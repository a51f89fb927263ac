import type { Axis } from "./series";

export const AXES: readonly Axis[] = ["step", "time", "relative"];
export const MOST_SMOOTHING = 0.99;

/** What a URL says about how charts look. */
export interface ChartView {
  search: string;
  axis: Axis;
  log: boolean;
  smoothing: number;
  /** Groups that are not as they are by default. */
  folded: string[];
}

export function readChartView(query: URLSearchParams): ChartView {
  const smoothing = Number(query.get("smooth") ?? 0);
  return {
    search: query.get("search") ?? "",
    axis: AXES.find((axis) => axis === query.get("x")) ?? "step",
    log: query.get("log") === "1",
    smoothing: Number.isFinite(smoothing) ? Math.min(Math.max(smoothing, 0), MOST_SMOOTHING) : 0,
    folded: query.getAll("fold"),
  };
}
