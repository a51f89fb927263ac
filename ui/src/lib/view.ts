import { TOP_LEVEL } from "./filter";
import { parseColumns } from "./columns";
import { parseSort, type Sort } from "./sort";

/** What a URL says about a table of runs. */
export interface TableView {
  /** The user's filter. */
  search: string;
  deleted: boolean;
  flat: boolean;
  sort: Sort | null;
  /** null for the columns that tell runs apart. */
  columns: string[] | null;
  /** Parents whose children are shown. */
  open: string[];
}

export function readView(query: URLSearchParams): TableView {
  return {
    search: query.get("q") ?? "",
    deleted: query.get("deleted") === "1",
    flat: query.get("flat") === "1",
    sort: parseSort(query.get("sort")),
    columns: parseColumns(query.get("cols")),
    open: (query.get("open") ?? "").split(",").filter((id) => id !== ""),
  };
}

/** Whether children stand below their parents. A filter or the deleted ones make a flat list: a match whose parent does not match would be lost. */
export function isNested(view: TableView): boolean {
  return !view.flat && !view.deleted && view.search === "";
}

/** The filter that the list asks with. */
export function filterOf(view: TableView): string {
  return isNested(view) ? TOP_LEVEL : view.search;
}
