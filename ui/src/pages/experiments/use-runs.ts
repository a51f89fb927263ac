import { useInfiniteQuery, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import type { Run } from "../../api/client";
import { childrenQuery, countQuery, isLive, liveQuery, parentsQuery, runKeys, runsQuery, type RunsView } from "../../api/runs";
import { orderBy } from "../../lib/sort";
import { flattenTree, type TreeRow } from "../../lib/tree";
import { filterOf, isNested, type TableView } from "../../lib/view";

const MOST_LIVE = 200;

/** What the table of runs shows. */
export interface RunRows {
  /** The view that the rows belong to: the URL's, or the last one that the server understood. */
  view: TableView;
  nested: boolean;
  rows: TreeRow<Run>[];
  loading: boolean;
  /** The rows belong to an earlier question while the answer to this one is on its way. */
  stale: boolean;
  /** What the server says about the filter; the last good rows stay. */
  error: Error | null;
  /** How many runs match, how many there are at the top when nested, how many came or went since. */
  total: number | null;
  top: number | null;
  changed: number;
  manyChildren: number | null;
  onEnd: () => void;
  refresh: () => void;
}

/** The runs of an experiment as the URL wants them. `mayNest` says that some run has a parent. */
export function useRuns(experimentId: string, view: TableView, mayNest: boolean): RunRows {
  const client = useQueryClient();
  const { shown, list, error } = useLastGood(view, (each) => listOf(experimentId, each, mayNest));
  const nested = isNested(shown) && mayNest;
  const wanted = listOf(experimentId, shown, mayNest);
  const { hasNextPage, isFetching, fetchNextPage } = list;
  const pages = useMemo(() => (list.data?.pages ?? []).map((page) => page.runs ?? []), [list.data]);
  const tree = useTree(experimentId, pages, nested ? shown : null);
  const live = tree.rows.flatMap((row) => (isLive(row.run) ? [row.id] : [])).slice(0, MOST_LIVE);
  useQuery(liveQuery(client, experimentId, live));
  const count = useQuery(countQuery(wanted, live.length > 0));
  const all = useQuery({ ...countQuery({ ...wanted, filter: "" }, live.length > 0), enabled: nested });
  const first = list.data?.pages[0];
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const gone = list.data !== undefined && tree.rows.length === 0 && hasNextPage;
  useEffect(() => {
    if (gone) onEnd(); // every loaded run was deleted, but there are more
  }, [gone, onEnd]);
  const counted = count.data ?? first?.total ?? null;
  const newer = first !== undefined && count.dataUpdatedAt >= first.readAt;
  return {
    view: shown,
    nested,
    rows: tree.rows,
    loading: gone || (list.data === undefined && list.error === null),
    stale: list.isPlaceholderData,
    error,
    total: nested ? (all.data ?? null) : counted,
    top: nested ? counted : null,
    changed: newer && first.total !== null && counted !== null ? counted - first.total : 0,
    manyChildren: tree.manyChildren,
    onEnd,
    refresh: useCallback(() => void client.invalidateQueries({ queryKey: runKeys.all }), [client]),
  };
}

function listOf(experimentId: string, view: TableView, mayNest: boolean): RunsView {
  return { experimentId, filter: mayNest ? filterOf(view) : view.search, deleted: view.deleted, orderBy: orderBy(view.sort) };
}

/** The list that was asked for; when the server refuses its filter, the last one that it answered, at first all runs. */
function useLastGood(view: TableView, wanted: (view: TableView) => RunsView) {
  const [good, setGood] = useState("");
  const asked = useInfiniteQuery(runsQuery(wanted(view)));
  if (asked.isSuccess && !asked.isPlaceholderData && good !== view.search) setGood(view.search);
  const shown = asked.isError ? { ...view, search: good } : view;
  return { shown, list: useInfiniteQuery(runsQuery(wanted(shown))), error: asked.error };
}

/** The rows of the list with the children of those parents that are open. */
function useTree(experimentId: string, pages: readonly (readonly Run[])[], view: TableView | null) {
  const open = view?.open ?? [];
  const order = orderBy(view?.sort ?? null);
  const below = useQueries({ queries: open.map((id) => childrenQuery(experimentId, id, order)) });
  const lists = [...pages, ...below.map((result) => result.data?.runs ?? [])];
  const parents = useQueries({
    queries: view === null ? [] : lists.map((runs) => parentsQuery(experimentId, runs.map(idOf))),
    combine: (results) => new Set(results.flatMap((result) => [...(result.data ?? [])])),
  });
  const children = new Map(open.flatMap((id, i) => (below[i]?.data === undefined ? [] : [[id, below[i].data.runs] as const])));
  const most = below.find((result) => result.data?.more === true)?.data?.runs.length ?? null;
  return { rows: flattenTree({ roots: pages.flat(), idOf, parents, open: new Set(open), children }), manyChildren: most };
}

function idOf(run: Run): string {
  return run.info.run_id;
}
