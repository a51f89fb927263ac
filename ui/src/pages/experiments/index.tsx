import { Button, SegmentedControl } from "@mantine/core";
import { useInfiniteQuery, useQueries } from "@tanstack/react-query";
import { useCallback, useState, type ReactElement } from "react";
import { useLocation, useSearch } from "wouter";
import type { Activity, Experiment } from "../../api/client";
import { activityQuery, experimentsQuery, useCreateExperiment } from "../../api/experiments";
import { useTitle } from "../../hooks/title";
import { useQueryParams } from "../../hooks/url";
import { urls } from "../../lib/urls";
import { Grid } from "../../parts/grid";
import { Icon } from "../../parts/icons";
import { NameDialog } from "../../parts/name-dialog";
import page from "../../parts/page.module.css";
import { SearchBox } from "../../parts/search-box";
import { Code, Empty, Failed, Loading } from "../../parts/states";
import { text } from "../../text";
import { Shell } from "../shell";
import { experimentColumns, orderOf, sortOf, toggleOrder } from "./columns";

/** The list of experiments. */
export function ExperimentsPage(): ReactElement {
  const [query, patch] = useQueryParams();
  const [creating, setCreating] = useState(false);
  useTitle(text.experiments.title);
  const deleted = query.get("deleted") === "1";
  return (
    <Shell trail={[{ label: text.experiments.title }]}>
      <div className={page["head"]}>
        <h1>{text.experiments.title}</h1>
        <span className={page["space"]} />
        <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setCreating(true)}>
          {text.experiments.create}
        </Button>
      </div>
      <div className={page["tools"]}>
        <div className={page["search"]}>
          <SearchBox value={query.get("q") ?? ""} label={text.experiments.search} onSearch={(q) => patch({ q }, { replace: true })} />
        </div>
        <SegmentedControl
          aria-label={text.experiments.lifecycle}
          value={deleted ? "1" : "0"}
          onChange={(value) => patch({ deleted: value === "1" ? value : null })}
          data={[
            { value: "0", label: text.active },
            { value: "1", label: text.deleted },
          ]}
        />
      </div>
      <ExperimentsTable search={query.get("q") ?? ""} deleted={deleted} order={query.get("sort")} onOrder={(sort) => patch({ sort })} />
      {creating && <CreateDialog onClose={() => setCreating(false)} />}
    </Shell>
  );
}

function CreateDialog({ onClose }: { onClose: () => void }): ReactElement {
  const create = useCreateExperiment();
  const [, navigate] = useLocation();
  const submit = async (name: string): Promise<void> => {
    const made = await create.mutateAsync(name);
    navigate(urls.experiment(made.experiment_id));
  };
  return <NameDialog title={text.experiments.create} action={text.experiments.createAction} initial="" onSubmit={submit} onClose={onClose} />;
}

interface TableProps {
  search: string;
  deleted: boolean;
  order: string | null;
  onOrder: (order: string | null) => void;
}

function ExperimentsTable({ search, deleted, order, onOrder }: TableProps): ReactElement {
  const list = useInfiniteQuery(experimentsQuery({ search, deleted, orderBy: orderOf(order) }));
  const { hasNextPage, isFetching, fetchNextPage } = list;
  const place = `experiments?${useSearch()}`;
  const activity = useActivity(list.data?.pages.map((part) => part.experiments ?? []) ?? []);
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  if (list.data === undefined) {
    return list.error === null ? <Loading /> : <Failed error={list.error} onRetry={() => void list.refetch()} />;
  }
  const rows = list.data.pages.flatMap((part) => part.experiments ?? []);
  if (rows.length === 0) return <NoExperiments search={search} deleted={deleted} />;
  return (
    <Grid<Experiment>
      label={text.experiments.title}
      rows={rows}
      rowHeight={38}
      idOf={(row) => row.experiment_id}
      columns={experimentColumns(activity, deleted)}
      memory={place}
      sort={sortOf(order)}
      onSort={(column) => onOrder(toggleOrder(order, column))}
      onEnd={onEnd}
      stale={list.isPlaceholderData}
    />
  );
}

/** The activity of all listed experiments; a query for each page, so that a new page asks only for itself. */
function useActivity(pages: readonly (readonly Experiment[])[]): ReadonlyMap<string, Activity> {
  return useQueries({
    queries: pages.map((part) => activityQuery(part.map((row) => row.experiment_id))),
    combine: (results) => new Map(results.flatMap((result) => [...(result.data ?? [])])),
  });
}

function NoExperiments({ search, deleted }: { search: string; deleted: boolean }): ReactElement {
  if (search !== "") return <Empty title={text.experiments.noMatch(search)} />;
  if (deleted) return <Empty title={text.experiments.noDeleted} />;
  return (
    <Empty title={text.experiments.empty}>
      <p>{text.experiments.emptyHint}</p>
      <Code>{text.experiments.emptyCode}</Code>
    </Empty>
  );
}
