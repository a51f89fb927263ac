import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { nameContains } from "../lib/filter";
import { http, reply, type Activity } from "./client";

const PAGE = 100;
const LIVE_MS = 5000;

export interface ExperimentsView {
  search: string;
  deleted: boolean;
  orderBy: string[];
}

export const experimentKeys = {
  all: ["experiments"] as const,
  list: (view: ExperimentsView) => ["experiments", "list", view] as const,
  one: (id: string) => ["experiments", "one", id] as const,
  activity: (ids: readonly string[]) => ["experiments", "activity", ids] as const,
};

/** Pages of experiments. */
export function experimentsQuery(view: ExperimentsView) {
  return infiniteQueryOptions({
    queryKey: experimentKeys.list(view),
    placeholderData: keepPreviousData,
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      reply(
        http.POST("/ajax-api/2.0/mlflow/experiments/search", {
          signal,
          body: {
            max_results: PAGE,
            filter: nameContains(view.search),
            order_by: view.orderBy,
            view_type: view.deleted ? "DELETED_ONLY" : "ACTIVE_ONLY",
            ...(pageParam === "" ? {} : { page_token: pageParam }),
          },
        }),
      ),
    getNextPageParam: (page) => page.next_page_token ?? undefined,
  });
}

/** One experiment, deleted ones too. */
export function experimentQuery(id: string) {
  return queryOptions({
    queryKey: experimentKeys.one(id),
    queryFn: async ({ signal }) => {
      const found = await reply(http.GET("/ajax-api/2.0/mlflow/experiments/get", { signal, params: { query: { experiment_id: id } } }));
      return found.experiment;
    },
  });
}

/** How busy some experiments are, by id; asked again while one of them has a running run. */
export function activityQuery(ids: readonly string[]) {
  return queryOptions({
    queryKey: experimentKeys.activity(ids),
    enabled: ids.length > 0,
    queryFn: async ({ signal }) => {
      const found = await reply(http.GET("/ajax-api/cairn/v1/experiments/activity", { signal, params: { query: { experiment_id: [...ids] } } }));
      return new Map<string, Activity>((found.activities ?? []).map((each) => [each.experiment_id, each]));
    },
    refetchInterval: ({ state }) => ([...(state.data?.values() ?? [])].some((each) => each.running_count > 0) ? LIVE_MS : false),
  });
}

function useExperimentMutation<In, Out>(run: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: run, onSuccess: () => refreshExperiments(client) });
}

function refreshExperiments(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: experimentKeys.all });
}

export function useCreateExperiment() {
  return useExperimentMutation((name: string) => reply(http.POST("/ajax-api/2.0/mlflow/experiments/create", { body: { name } })));
}

export function useRenameExperiment() {
  return useExperimentMutation(({ id, name }: { id: string; name: string }) =>
    reply(http.POST("/ajax-api/2.0/mlflow/experiments/update", { body: { experiment_id: id, new_name: name } })),
  );
}

export function useDeleteExperiment() {
  return useExperimentMutation((id: string) => reply(http.POST("/ajax-api/2.0/mlflow/experiments/delete", { body: { experiment_id: id } })));
}

export function useRestoreExperiment() {
  return useExperimentMutation((id: string) => reply(http.POST("/ajax-api/2.0/mlflow/experiments/restore", { body: { experiment_id: id } })));
}

export function useSetExperimentTag() {
  return useExperimentMutation(({ id, key, value }: { id: string; key: string; value: string }) =>
    reply(http.POST("/ajax-api/2.0/mlflow/experiments/set-experiment-tag", { body: { experiment_id: id, key, value } })),
  );
}
