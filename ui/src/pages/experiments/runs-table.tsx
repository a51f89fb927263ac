import { useQuery } from "@tanstack/react-query";
import { useMemo, useState, type ReactElement } from "react";
import { useSearch } from "wouter";
import type { Run, RunColumns } from "../../api/client";
import { columnsQuery } from "../../api/runs";
import { useQueryParams } from "../../hooks/url";
import { ATTRIBUTES, columnId, defaultColumns, toggleColumn, writeColumns, type KeyCount, type KeyCounts } from "../../lib/columns";
import type { FilterKeys } from "../../lib/complete";
import { formatCount } from "../../lib/numbers";
import { selectRow } from "../../lib/select";
import { toggleSort, writeSort } from "../../lib/sort";
import { PARENT } from "../../lib/tags";
import type { TreeRow } from "../../lib/tree";
import { readView, type TableView } from "../../lib/view";
import type { ColumnGroup } from "../../parts/column-picker";
import { Grid, type GridColumn } from "../../parts/grid";
import { Failed, Loading } from "../../parts/states";
import { text } from "../../text";
import { NoRuns } from "./no-runs";
import { columnLabel, runColumns } from "./run-columns";
import { RunName } from "./run-name";
import { RunsToolbar } from "./runs-toolbar";
import { SelectionBar } from "./selection-bar";
import { useRuns, type RunRows } from "./use-runs";

type Row = TreeRow<Run>;

interface RunsTableProps {
  experimentId: string;
  experimentName: string;
}

/** The runs of an experiment, with everything that finds, sorts and changes them. */
export function RunsTable({ experimentId, experimentName }: RunsTableProps): ReactElement {
  const [query, patch] = useQueryParams();
  const view = readView(query);
  const { data: counts } = useQuery(columnsQuery(experimentId, view.deleted));
  const mayNest = (counts?.tags ?? []).some((tag) => tag.key === PARENT);
  const runs = useRuns(experimentId, view, mayNest);
  const keys = useMemo(() => keyCounts(counts), [counts]);
  const chosen = view.columns ?? defaultColumns(keys, runs.total ?? runs.rows.length);
  const selection = useSelection(runs.rows);
  const fold = (id: string): void => patch({ open: toggle(view.open, id).join(",") }, { replace: true });
  const nameColumn: GridColumn<Row> = {
    id: "attributes.run_name",
    label: text.name,
    width: 240,
    grow: true,
    sortable: true,
    lead: <SelectAll {...selection} rows={runs.rows} />,
    cell: (row) => <RunName row={row} nested={runs.nested} selected={selection.selected.has(row.id)} onSelect={selection.onSelect} onFold={fold} />,
  };
  return (
    <>
      <RunsToolbar
        view={view}
        runs={runs}
        mayNest={mayNest}
        keys={filterKeys(keys)}
        groups={columnGroups(keys)}
        chosen={chosen}
        onPatch={patch}
        onColumns={(ids) => patch({ cols: ids === null ? null : writeColumns(ids) }, { replace: true })}
        onToggleColumn={(id) => patch({ cols: writeColumns(toggleColumn(chosen, id)) }, { replace: true })}
      />
      {selection.selected.size > 0 && <SelectionBar ids={[...selection.selected]} deleted={view.deleted} onDone={selection.onClear} />}
      <Body runs={runs} view={view} experimentName={experimentName} selected={selection.selected} columns={counts === undefined ? null : [nameColumn, ...runColumns(chosen, runs.rows)]} onPatch={patch} />
    </>
  );
}

interface BodyProps {
  runs: RunRows;
  view: TableView;
  experimentName: string;
  selected: ReadonlySet<string>;
  /** null until it is known what varies, so that no column comes or goes under the eyes. */
  columns: GridColumn<Row>[] | null;
  onPatch: ReturnType<typeof useQueryParams>[1];
}

function Body({ runs, view, experimentName, selected, columns, onPatch }: BodyProps): ReactElement {
  const place = `${experimentName}?${useSearch()}`;
  if (runs.loading || columns === null) return <Loading />;
  if (runs.rows.length === 0 && runs.error !== null && view.search === "") return <Failed error={runs.error} onRetry={runs.refresh} />;
  if (runs.rows.length === 0 && !runs.stale) {
    return <NoRuns filtered={view.search !== ""} deleted={view.deleted} experimentName={experimentName} onClear={() => onPatch({ q: null })} />;
  }
  return (
    <Grid<Row>
      label={text.runs.table}
      rows={runs.rows}
      columns={columns}
      idOf={(row) => row.id}
      memory={place}
      sort={view.sort}
      onSort={(column) => onPatch({ sort: writeSort(toggleSort(view.sort, column)) })}
      onEnd={runs.onEnd}
      chosen={selected}
      stale={runs.stale}
      foot={runs.manyChildren === null ? undefined : text.runs.manyChildren(formatCount(runs.manyChildren))}
    />
  );
}

interface Selection {
  selected: ReadonlySet<string>;
  onSelect: (id: string, range: boolean) => void;
  onSelectAll: (ids: readonly string[]) => void;
  onClear: () => void;
}

function useSelection(rows: readonly Row[]): Selection {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [anchor, setAnchor] = useState<string | null>(null);
  return {
    selected,
    onSelect: (id, range) => {
      const order = rows.map((row) => row.id);
      setSelected(selectRow(selected, order, id, range ? anchor : null));
      setAnchor(id);
    },
    onSelectAll: (ids) => setSelected(new Set(ids)),
    onClear: () => setSelected(new Set()),
  };
}

function SelectAll({ rows, selected, onSelectAll }: Selection & { rows: readonly Row[] }): ReactElement {
  const all = rows.length > 0 && rows.every((row) => selected.has(row.id));
  return (
    <input
      type="checkbox"
      style={{ marginRight: 8 }}
      aria-label={text.runs.selectAll}
      checked={all}
      ref={(box) => {
        if (box !== null) box.indeterminate = !all && selected.size > 0;
      }}
      onChange={() => onSelectAll(all ? [] : rows.map((row) => row.id))}
    />
  );
}

function keyCounts(columns: RunColumns | undefined): KeyCounts {
  return { metrics: columns?.metrics ?? [], params: columns?.params ?? [], tags: columns?.tags ?? [] };
}

function filterKeys({ metrics, params, tags }: KeyCounts): FilterKeys {
  const names = (counts: readonly KeyCount[]): string[] => counts.map((count) => count.key);
  return { metrics: names(metrics), params: names(params), tags: names(tags) };
}

function columnGroups(keys: KeyCounts): ColumnGroup[] {
  const attributes = ATTRIBUTES.map((key) => columnId("attributes", key)).map((id) => ({ id, label: columnLabel(id) }));
  const others = (["metrics", "params", "tags"] as const).map((kind) => ({
    label: text.runs.groups[kind],
    choices: keys[kind].map(({ key, runs }) => ({ id: columnId(kind, key), label: key, runs })),
  }));
  return [...others, { label: text.runs.groups.attributes, choices: attributes }];
}

function toggle(ids: readonly string[], id: string): string[] {
  return ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id];
}
