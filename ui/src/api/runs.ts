import { infiniteQueryOptions, keepPreviousData, queryOptions, type InfiniteData, type Query, type QueryClient } from "@tanstack/react-query";
import { childrenOf, childrenOfAny, runsWithIds } from "../lib/filter";
import { PARENT, valueOf } from "../lib/tags";
import { http, reply, type Run, type RunsPage } from "./client";
import { isStreaming } from "./streaming";

const PAGE = 100;
const CHILDREN = 1000;
const PROBE = 500;
const LIVE_MS = 5000;

/** Which runs, in which order. */
export interface RunsView {
  experimentId: string;
  filter: string;
  deleted: boolean;
  orderBy: string[];
}

export const runKeys = {
  all: ["runs"] as const,
  lists: ["runs", "list"] as const,
  list: (view: RunsView) => ["runs", "list", view] as const,
  counts: ["runs", "count"] as const,
  count: (view: RunsView) => ["runs", "count", view.experimentId, view.filter, view.deleted] as const,
  columns: (experimentId: string, deleted: boolean) => ["runs", "columns", experimentId, deleted] as const,
  children: (experimentId: string, parent: string, orderBy: string[]) => ["runs", "children", experimentId, parent, orderBy] as const,
  parents: (experimentId: string, ids: readonly string[]) => ["runs", "parents", experimentId, ids] as const,
  live: (ids: readonly string[]) => ["runs", "live", ids] as const,
  one: (id: string) => ["runs", "one", id] as const,
};

function selection(view: RunsView) {
  return {
    experiment_ids: [view.experimentId],
    filter: view.filter,
    run_view_type: view.deleted ? ("DELETED_ONLY" as const) : ("ACTIVE_ONLY" as const),
  };
}

interface Find {
  view: RunsView;
  limit: number;
  token?: string;
  signal: AbortSignal;
}

function findRuns({ view, limit, token, signal }: Find): Promise<RunsPage> {
  const page = token === undefined || token === "" ? {} : { page_token: token };
  return reply(http.POST("/ajax-api/2.0/mlflow/runs/search", { signal, body: { ...selection(view), order_by: view.orderBy, max_results: limit, ...page } }));
}

async function countRuns(view: RunsView, signal: AbortSignal): Promise<number> {
  return (await reply(http.POST("/ajax-api/cairn/v1/runs/count", { signal, body: selection(view) }))).total;
}

/** A page of runs and when it was read; the first one also says how many there were then. */
export interface CountedPage extends RunsPage {
  total: number | null;
  readAt: number;
}

/** Pages of runs. They are read when the reader asks and stay as they are: `liveQuery` keeps their values fresh. */
export function runsQuery(view: RunsView) {
  return infiniteQueryOptions({
    queryKey: runKeys.list(view),
    initialPageParam: "",
    refetchOnWindowFocus: false,
    placeholderData: keepPreviousData,
    queryFn: async ({ pageParam, signal }): Promise<CountedPage> => {
      const first = pageParam === "";
      const [page, total] = await Promise.all([findRuns({ view, limit: PAGE, token: pageParam, signal }), first ? countRuns(view, signal) : null]);
      return { ...page, total, readAt: Date.now() };
    },
    getNextPageParam: (page) => page.next_page_token ?? undefined,
  });
}

/** How many runs there are now. */
export function countQuery(view: RunsView, live: boolean) {
  return queryOptions({
    queryKey: runKeys.count(view),
    queryFn: ({ signal }) => countRuns(view, signal),
    refetchInterval: () => (live && !isStreaming() ? LIVE_MS : false),
  });
}

/** The keys that the runs of an experiment have. */
export function columnsQuery(experimentId: string, deleted: boolean) {
  return queryOptions({
    queryKey: runKeys.columns(experimentId, deleted),
    staleTime: 60_000,
    refetchOnWindowFocus: false,
    queryFn: ({ signal }) =>
      reply(http.POST("/ajax-api/cairn/v1/runs/columns", { signal, body: selection({ experimentId, filter: "", deleted, orderBy: [] }) })),
  });
}

/** The children of a run; `more` when there are too many for one answer. */
export function childrenQuery(experimentId: string, parent: string, orderBy: string[]) {
  return queryOptions({
    queryKey: runKeys.children(experimentId, parent, orderBy),
    refetchOnWindowFocus: false,
    queryFn: async ({ signal }) => {
      const view = { experimentId, filter: childrenOf(parent), deleted: false, orderBy };
      const page = await findRuns({ view, limit: CHILDREN, signal });
      return { runs: page.runs ?? [], more: page.next_page_token != null };
    },
  });
}

/** Which of these runs have children. */
export function parentsQuery(experimentId: string, ids: readonly string[]) {
  return queryOptions({
    queryKey: runKeys.parents(experimentId, ids),
    enabled: ids.length > 0,
    refetchOnWindowFocus: false,
    queryFn: async ({ signal }) => {
      const parents = new Set<string>();
      let open = [...ids];
      while (open.length > 0) {
        const view = { experimentId, filter: childrenOfAny(open), deleted: false, orderBy: [] };
        const page = await findRuns({ view, limit: PROBE, signal });
        for (const run of page.runs ?? []) parents.add(valueOf(run.data.tags, PARENT));
        // A parent with very many children may have hidden the others: ask again without those found.
        open = page.next_page_token == null ? [] : open.filter((id) => !parents.has(id));
      }
      return parents;
    },
  });
}

/** Keeps the shown runs that are still running fresh, in place: no row moves while someone reads. */
export function liveQuery(client: QueryClient, experimentId: string, ids: readonly string[]) {
  return queryOptions({
    queryKey: runKeys.live(ids),
    enabled: ids.length > 0,
    refetchInterval: () => (isStreaming() ? false : LIVE_MS),
    queryFn: async ({ signal }) => {
      const view = { experimentId, filter: runsWithIds(ids), deleted: false, orderBy: [] };
      const found = (await findRuns({ view, limit: ids.length, signal })).runs ?? [];
      const fresh = new Map(found.map((run) => [run.info.run_id, run]));
      editRuns(client, (run) => fresh.get(run.info.run_id) ?? run);
      return found.length;
    },
  });
}

/** One run, deleted ones too; asked again while it runs and no stream tells. */
export function runQuery(id: string) {
  return queryOptions({
    queryKey: runKeys.one(id),
    queryFn: async ({ signal }) => (await reply(http.GET("/ajax-api/2.0/mlflow/runs/get", { signal, params: { query: { run_id: id } } }))).run,
    refetchInterval: ({ state }) => (state.data !== undefined && isLive(state.data) && !isStreaming() ? LIVE_MS : false),
  });
}

export function isLive(run: Run): boolean {
  return run.info.lifecycle_stage === "active" && (run.info.status === "RUNNING" || run.info.status === "SCHEDULED");
}

interface Children {
  runs: Run[];
  more: boolean;
}

/** Change runs wherever they are cached; null takes a run out of the lists. */
export function editRuns(client: QueryClient, edit: (run: Run) => Run | null): void {
  const editAll = (runs: readonly Run[] | undefined): Run[] => (runs ?? []).flatMap((run) => edit(run) ?? []);
  client.setQueriesData<InfiniteData<CountedPage, string>>({ queryKey: runKeys.lists }, (data) => {
    if (data === undefined) return undefined;
    const pages = data.pages.map((page) => ({ ...page, runs: editAll(page.runs) }));
    const gone = data.pages.reduce((sum, page) => sum + (page.runs?.length ?? 0), 0) - pages.reduce((sum, page) => sum + page.runs.length, 0);
    return { ...data, pages: pages.map((page) => (page.total === null ? page : { ...page, total: page.total - gone })) };
  });
  client.setQueriesData<Children>({ queryKey: ["runs", "children"] }, (data) => (data === undefined ? undefined : { ...data, runs: editAll(data.runs) }));
}

/** Ids of the runs that are in some list. */
export function knownRuns(client: QueryClient): Set<string> {
  const lists = client.getQueriesData<InfiniteData<CountedPage, string>>({ queryKey: runKeys.lists }).flatMap(([, data]) => data?.pages ?? []);
  const children = client.getQueriesData<Children>({ queryKey: ["runs", "children"] }).map(([, data]) => data);
  return new Set([...lists, ...children].flatMap((page) => (page?.runs ?? []).map((run) => run.info.run_id)));
}

/** Whether a list shows nothing, so that nothing in it can move when runs come. */
export function isEmptyList(query: Query): boolean {
  const data = query.state.data as InfiniteData<CountedPage, string> | undefined;
  return data?.pages.every((page) => (page.runs ?? []).length === 0) ?? false;
}
