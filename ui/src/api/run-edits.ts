import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { inPortions } from "../lib/groups";
import { http, reply } from "./client";
import { editRuns, runKeys } from "./runs";

/** How many requests of a bulk change are on their way at once. */
const AT_ONCE = 8;

async function forEach(ids: readonly string[], change: (id: string) => Promise<unknown>): Promise<void> {
  for (const portion of inPortions(ids, AT_ONCE)) await Promise.all(portion.map(change));
}

function refreshCounts(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: runKeys.counts });
  void client.invalidateQueries({ queryKey: ["runs", "columns"] });
  void client.invalidateQueries({ queryKey: ["runs", "one"] });
  void client.invalidateQueries({ queryKey: ["experiments", "activity"] });
}

/** Delete runs; the rows leave at once, the others stay where they are. */
export function useDeleteRuns() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (ids: readonly string[]) => forEach(ids, (id) => reply(http.POST("/ajax-api/2.0/mlflow/runs/delete", { body: { run_id: id } }))),
    onSuccess: (_, ids) => dropFromLists(client, ids),
    onSettled: () => refreshCounts(client),
  });
}

/** Restore deleted runs. */
export function useRestoreRuns() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (ids: readonly string[]) => forEach(ids, (id) => reply(http.POST("/ajax-api/2.0/mlflow/runs/restore", { body: { run_id: id } }))),
    onSettled: () => {
      refreshCounts(client);
      return client.invalidateQueries({ queryKey: runKeys.lists });
    },
  });
}

function dropFromLists(client: QueryClient, ids: readonly string[]): void {
  const gone = new Set(ids);
  editRuns(client, (run) => (gone.has(run.info.run_id) ? null : run));
}

export function useRenameRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) => reply(http.POST("/ajax-api/2.0/mlflow/runs/update", { body: { run_id: id, run_name: name } })),
    onSuccess: (_, { id, name }) => {
      editRuns(client, (run) => (run.info.run_id === id ? { ...run, info: { ...run.info, run_name: name } } : run));
      return client.invalidateQueries({ queryKey: runKeys.one(id) });
    },
  });
}

export function useSetTag() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, key, value }: { id: string; key: string; value: string }) =>
      reply(http.POST("/ajax-api/2.0/mlflow/runs/set-tag", { body: { run_id: id, key, value } })),
    onSuccess: (_, { id }) => client.invalidateQueries({ queryKey: runKeys.one(id) }),
  });
}

export function useDeleteTag() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, key }: { id: string; key: string }) => reply(http.POST("/ajax-api/2.0/mlflow/runs/delete-tag", { body: { run_id: id, key } })),
    onSuccess: (_, { id }) => client.invalidateQueries({ queryKey: runKeys.one(id) }),
  });
}
