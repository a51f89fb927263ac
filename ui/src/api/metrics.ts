import { queryOptions } from "@tanstack/react-query";
import type { Curve } from "../lib/series";
import type { StepRange } from "../lib/zoom";
import { columns } from "./client";
import { isStreaming } from "./streaming";

/** Points or buckets of a curve: two for each pixel of a wide card would be wasted. */
const POINTS = 600;
const LIVE_MS = 5000;

export const seriesKeys = {
  run: (runId: string) => ["series", runId] as const,
};

export interface SeriesAsk {
  runId: string;
  keys: readonly string[];
  range: StepRange | null;
  live: boolean;
}

/** Curves of some metrics of a run, by key; asked again every few seconds when live and no stream tells. */
export function seriesQuery({ runId, keys, range, live }: SeriesAsk) {
  return queryOptions({
    queryKey: [...seriesKeys.run(runId), keys, range] as const,
    enabled: keys.length > 0,
    staleTime: live ? LIVE_MS : Infinity,
    refetchInterval: () => (live && !isStreaming() ? LIVE_MS : false),
    queryFn: async ({ signal }) => {
      const body = { run_ids: [runId], keys: [...keys], points: POINTS, ...(range === null ? {} : { start_step: range[0], end_step: range[1] }) };
      const found = (await columns("/ajax-api/cairn/v1/metrics/series", body, signal)) as { series?: Curve[] };
      return new Map((found.series ?? []).map((series) => [series.key, series]));
    },
  });
}
