import type { ReactElement, ReactNode } from "react";
import type { Run } from "../../api/client";
import { parseColumn, type ColumnName } from "../../lib/columns";
import { shortCommit } from "../../lib/git";
import { formatNumber, looksNumeric, toNumber } from "../../lib/numbers";
import { isSortable } from "../../lib/sort";
import { baseName, COMMIT, SOURCE, valueOf } from "../../lib/tags";
import type { TreeRow } from "../../lib/tree";
import type { GridColumn } from "../../parts/grid";
import { Status } from "../../parts/status";
import { Ago, Duration } from "../../parts/time";
import { text } from "../../text";

type Row = TreeRow<Run>;
type Attribute = keyof typeof text.runs.attributes;

const WIDTHS: Partial<Record<string, number>> = { status: 108, start_time: 112, end_time: 112, duration: 96, user_id: 110, source: 130, commit: 92, run_id: 150 };
const METRIC_WIDTH = 108;
const PARAM_WIDTH = 120;
const WIDEST = 220;
const CHAR = 7;
const PADDING = 32;
const SAMPLE = 50;

/** The grid columns for the chosen ids. Params whose values are all numbers stand to the right. */
export function runColumns(ids: readonly string[], rows: readonly Row[]): GridColumn<Row>[] {
  return ids.flatMap((id) => {
    const name = parseColumn(id);
    return name === null ? [] : [gridColumn(id, name, rows)];
  });
}

function gridColumn(id: string, name: ColumnName, rows: readonly Row[]): GridColumn<Row> {
  const { kind, key } = name;
  const base = { id, group: text.runs.groups[kind], sortable: isSortable(id) };
  if (kind === "attributes") return { ...base, group: "", label: attributeLabel(key), width: WIDTHS[key] ?? PARAM_WIDTH, end: key === "duration", cell: (row) => attributeCell(key, row.run) };
  if (kind === "metrics") return { ...base, label: key, width: widthOf(key, METRIC_WIDTH), end: true, cell: (row) => <MetricCell value={metricsOf(row.run).get(key)} /> };
  const values = rows.slice(0, SAMPLE).flatMap((row) => valueOf(row.run.data[kind], key) || []);
  return { ...base, label: key, width: widthOf(key, PARAM_WIDTH), end: values.length > 0 && values.every(looksNumeric), cell: (row) => <TextCell value={valueOf(row.run.data[kind], key)} /> };
}

/** Wide enough for what the header says, within reason. */
function widthOf(label: string, least: number): number {
  return Math.min(WIDEST, Math.max(least, PADDING + label.length * CHAR));
}

/** How a column is called. */
export function columnLabel(id: string): string {
  const name = parseColumn(id);
  return name === null ? id : name.kind === "attributes" ? attributeLabel(name.key) : name.key;
}

function attributeLabel(key: string): string {
  return key in text.runs.attributes ? text.runs.attributes[key as Attribute] : key;
}

const metricMaps = new WeakMap<Run, Map<string, number>>();

function metricsOf(run: Run): Map<string, number> {
  let found = metricMaps.get(run);
  if (found === undefined) {
    found = new Map((run.data.metrics ?? []).map((metric) => [metric.key, toNumber(metric.value)]));
    metricMaps.set(run, found);
  }
  return found;
}

function MetricCell({ value }: { value: number | undefined }): ReactElement | null {
  return value === undefined ? null : <span title={String(value)}>{formatNumber(value)}</span>;
}

function TextCell({ value }: { value: string }): ReactElement | null {
  return value === "" ? null : <span title={value}>{value}</span>;
}

function attributeCell(key: string, { info, data }: Run): ReactNode {
  switch (key) {
    case "status":
      return <Status status={info.status} />;
    case "start_time":
      return <Ago at={info.start_time} />;
    case "end_time":
      return info.end_time == null ? null : <Ago at={info.end_time} />;
    case "duration":
      return <Duration from={info.start_time} to={info.end_time ?? null} />;
    case "user_id":
      return <TextCell value={info.user_id} />;
    case "source":
      return <span title={valueOf(data.tags, SOURCE)}>{baseName(valueOf(data.tags, SOURCE))}</span>;
    case "commit":
      return <span className="mono">{shortCommit(valueOf(data.tags, COMMIT))}</span>;
    case "run_id":
      return <span className="mono">{info.run_id}</span>;
    default:
      return null;
  }
}
