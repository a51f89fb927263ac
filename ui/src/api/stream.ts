import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";
import { gather } from "../lib/gather";
import { BASE, type Run } from "./client";
import { experimentKeys } from "./experiments";
import { seriesKeys } from "./metrics";
import { editRuns, isEmptyList, knownRuns, runKeys } from "./runs";
import { setStreaming } from "./streaming";

interface ExperimentDelta {
  runs?: Run[];
  removed?: string[];
  reload?: boolean;
}

interface RunDelta {
  run?: Run;
  points?: Record<string, unknown>;
  folded?: string[];
  reload?: boolean;
}

interface Follower {
  /** Deltas start here: what is shown may be older. */
  reload: () => void;
  apply: (delta: unknown) => void;
  stop: () => void;
}

/** Keep what is shown of an experiment fresh; null follows nothing. */
export function useExperimentStream(id: string | null): void {
  const client = useQueryClient();
  useStream(id === null ? null : `experiment_id=${encodeURIComponent(id)}`, () => followExperiment(client, id ?? ""));
}

/** Keep what is shown of a run fresh; null follows nothing. */
export function useRunStream(id: string | null): void {
  const client = useQueryClient();
  useStream(id === null ? null : `run_id=${encodeURIComponent(id)}`, () => followRun(client, id ?? ""));
}

/** In a hidden tab the stream is closed, so that it costs nothing. While there is none, the queries poll. */
function useStream(query: string | null, follow: () => Follower): void {
  const [, setOpen] = useState(false); // renders anew, so that queries begin or cease to poll
  const start = useEffectEvent(follow);
  useEffect(() => {
    if (query === null) return;
    const follower = start();
    let source: EventSource | null = null;
    const tell = (open: boolean): void => {
      setStreaming(open);
      setOpen(open);
    };
    const close = (): void => {
      source?.close();
      source = null;
      tell(false);
    };
    const open = (): void => {
      close();
      source = new EventSource(`${BASE}/ajax-api/cairn/v1/stream?${query}`);
      source.onopen = () => tell(true);
      source.onerror = () => tell(false); // it tries again by itself, unless the server refused it
      source.addEventListener("reload", follower.reload);
      for (const name of ["experiment", "run"]) source.addEventListener(name, (event: MessageEvent<string>) => follower.apply(JSON.parse(event.data)));
    };
    const look = (): void => (document.hidden ? close() : open());
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      follower.stop();
      close();
    };
  }, [query]);
}

/** Rows change where they stand; runs that came or went are counted, and shown when the reader asks. */
function followExperiment(client: QueryClient, id: string): Follower {
  const refresh = (queryKey: readonly unknown[]): void => void client.invalidateQueries({ queryKey });
  const counts = gather(() => {
    refresh(runKeys.counts);
    refresh(["runs", "columns", id]);
    void client.invalidateQueries({ queryKey: runKeys.lists, predicate: isEmptyList });
  });
  const reload = (): void => {
    refresh(experimentKeys.one(id));
    refresh(["runs", "live"]);
    counts.add(["all"]);
  };
  const apply = (delta: unknown): void => {
    const { runs = [], removed = [], reload: whole = false } = delta as ExperimentDelta;
    const known = knownRuns(client);
    const fresh = new Map(runs.map((run) => [run.info.run_id, run]));
    const gone = new Set(removed);
    editRuns(client, (run) => {
      const now = fresh.get(run.info.run_id);
      if (now !== undefined) return now;
      return gone.has(run.info.run_id) && run.info.lifecycle_stage === "active" ? null : run;
    });
    if (whole) reload();
    if (gone.size > 0 || runs.some((run) => !known.has(run.info.run_id))) counts.add(["all"]);
  };
  return { reload, apply, stop: counts.stop };
}

/** The run changes at once; curves are asked again, as the server knows best how to draw them. */
function followRun(client: QueryClient, id: string): Follower {
  const curves = gather((keys: ReadonlySet<string>) => {
    void client.invalidateQueries({
      queryKey: seriesKeys.run(id),
      predicate: ({ queryKey }) => (queryKey[2] as readonly string[]).some((key) => keys.has(key)),
    });
  });
  const reload = (): void => {
    void client.invalidateQueries({ queryKey: runKeys.one(id) });
    void client.invalidateQueries({ queryKey: seriesKeys.run(id) });
  };
  const apply = (delta: unknown): void => {
    const { run, points = {}, folded = [], reload: whole = false } = delta as RunDelta;
    if (run === undefined || whole) reload();
    else client.setQueryData(runKeys.one(id), run);
    const keys = [...Object.keys(points), ...folded];
    if (keys.length > 0) curves.add(keys);
  };
  return { reload, apply, stop: curves.stop };
}
