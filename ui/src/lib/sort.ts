import { quoteKey } from "./filter";
import { parseColumn } from "./columns";

/** A column and a direction. */
export interface Sort {
  column: string;
  descending: boolean;
}

/** The sort that a URL carries: `-metrics.acc` sorts the best first. */
export function parseSort(text: string | null): Sort | null {
  if (text === null || text === "") return null;
  const descending = text.startsWith("-");
  const column = descending ? text.slice(1) : text;
  return parseColumn(column) === null || orderKey(column) === null ? null : { column, descending };
}

/** The form of a sort that a URL carries. */
export function writeSort(sort: Sort | null): string | null {
  return sort === null ? null : `${sort.descending ? "-" : ""}${sort.column}`;
}

/** What a click on a header makes of the sort: metrics and times start with the largest, texts with the first; the third click ends it. */
export function toggleSort(sort: Sort | null, column: string): Sort | null {
  const largestFirst = column.startsWith("metrics.") || column.endsWith("_time");
  if (sort?.column !== column) return { column, descending: largestFirst };
  return sort.descending === largestFirst ? { column, descending: !largestFirst } : null;
}

/** The `order_by` of a search; empty for the server's own order, newest first. */
export function orderBy(sort: Sort | null): string[] {
  const key = sort === null ? null : orderKey(sort.column);
  return sort === null || key === null ? [] : [`${key} ${sort.descending ? "DESC" : "ASC"}`];
}

const SORTABLE = new Set(["start_time", "end_time", "run_name", "status", "user_id", "run_id"]);

function orderKey(column: string): string | null {
  const parsed = parseColumn(column);
  if (parsed === null) return null;
  if (parsed.kind !== "attributes") return `${parsed.kind}.${quoteKey(parsed.key)}`;
  if (parsed.key === "source") return "tags.mlflow.source.name";
  if (parsed.key === "commit") return "tags.mlflow.source.git.commit";
  return SORTABLE.has(parsed.key) ? `attributes.${parsed.key}` : null;
}

/** Whether the server can sort by this column. */
export function isSortable(column: string): boolean {
  return orderKey(column) !== null;
}
