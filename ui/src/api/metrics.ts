import { queryOptions } from "@tanstack/react-query";
import type { Curve } from "../lib/series";
import type { StepRange } from "../lib/zoom";
import { columns } from "./client";

/** Points or buckets of a curve: two for each pixel of a wide card would be wasted. */
const POINTS = 600;
const LIVE_MS = 5000;

export interface SeriesAsk {
  runId: string;
  keys: readonly string[];
  range: StepRange | null;
  live: boolean;
}

/** Curves of some metrics of a run, by key; asked again every few seconds when live. */
export function seriesQuery({ runId, keys, range, live }: SeriesAsk) {
  return queryOptions({
    queryKey: ["series", runId, keys, range] as const,
    enabled: keys.length > 0,
    staleTime: live ? LIVE_MS : Infinity,
    refetchInterval: live ? LIVE_MS : false,
    queryFn: async ({ signal }) => {
      const body = { run_ids: [runId], keys: [...keys], points: POINTS, ...(range === null ? {} : { start_step: range[0], end_step: range[1] }) };
      const found = (await columns("/ajax-api/cairn/v1/metrics/series", body, signal)) as { series?: Curve[] };
      return new Map((found.series ?? []).map((series) => [series.key, series]));
    },
  });
}
