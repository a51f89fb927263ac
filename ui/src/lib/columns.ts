/** Which columns a runs table has. A column is named by its kind and key: `metrics.acc`. */

export type Kind = "attributes" | "metrics" | "params" | "tags";

export interface ColumnName {
  kind: Kind;
  key: string;
}

/** On how many runs a key is, with how many different values. */
export interface KeyCount {
  key: string;
  runs: number;
  distinct: number;
}

/** What the runs of an experiment have. */
export interface KeyCounts {
  metrics: readonly KeyCount[];
  params: readonly KeyCount[];
  tags: readonly KeyCount[];
}

export const KINDS: readonly Kind[] = ["attributes", "metrics", "params", "tags"];

/** Attributes that can be shown, in the order of the table. */
export const ATTRIBUTES = ["status", "start_time", "duration", "user_id", "source", "commit", "end_time", "run_id"] as const;

const MOST_METRICS = 12;
const FEW = 10;
const MOST_PARAMS = 12;

export function columnId(kind: Kind, key: string): string {
  return `${kind}.${key}`;
}

/** The kind and key of a column; null when it is none. */
export function parseColumn(id: string): ColumnName | null {
  const dot = id.indexOf(".");
  const kind = KINDS.find((known) => known === id.slice(0, dot));
  const key = id.slice(dot + 1);
  return dot < 1 || kind === undefined || key === "" ? null : { kind, key };
}

/** The columns that a URL names; null when it names none, so the default holds. */
export function parseColumns(text: string | null): string[] | null {
  if (text === null) return null;
  const ids = text.split(",").map(decode).filter((id) => parseColumn(id) !== null);
  return [...new Set(ids)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The form of a list of columns that a URL carries. */
export function writeColumns(ids: readonly string[]): string {
  return ids.map((id) => id.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",");
}

/** The columns that tell runs apart: what is the same everywhere stays out. */
export function defaultColumns(counts: KeyCounts, total: number): string[] {
  const alone = total < 2;
  // Among a few runs it tells something that one has a metric and another has not; among many it is noise.
  const varies = (column: KeyCount): boolean => alone || column.distinct > 1 || (total < FEW && column.runs < total);
  const metrics = counts.metrics.filter((column) => !column.key.startsWith("system/") && varies(column));
  const params = counts.params.filter((column) => alone || column.distinct > 1);
  const tagVaries = (key: string): boolean => counts.tags.some((tag) => tag.key === key && tag.distinct > 1);
  return [
    ...["status", "start_time", "duration"].map((key) => columnId("attributes", key)),
    ...(tagVaries("mlflow.user") ? [columnId("attributes", "user_id")] : []),
    ...(tagVaries("mlflow.source.name") ? [columnId("attributes", "source")] : []),
    ...mostCommon(metrics, MOST_METRICS).map((key) => columnId("metrics", key)),
    ...mostCommon(params, MOST_PARAMS).map((key) => columnId("params", key)),
  ];
}

function mostCommon(columns: readonly KeyCount[], limit: number): string[] {
  const byRuns = [...columns].sort((a, b) => b.runs - a.runs || (a.key < b.key ? -1 : 1));
  return byRuns.slice(0, limit).map((column) => column.key).sort();
}

/** `ids` in the order of the table: attributes, metrics, params, tags; each kind as it was. */
export function groupColumns(ids: readonly string[]): string[] {
  return KINDS.flatMap((kind) => ids.filter((id) => parseColumn(id)?.kind === kind));
}

/** `ids` with `id` added at the end of its kind, or taken out. */
export function toggleColumn(ids: readonly string[], id: string): string[] {
  return ids.includes(id) ? ids.filter((other) => other !== id) : groupColumns([...ids, id]);
}
