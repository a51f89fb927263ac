import type { PointerEvent, ReactElement } from "react";
import { text } from "../text";
import type { GridColumn, GridProps, GridSort } from "./grid";
import css from "./grid.module.css";
import { Icon } from "./icons";

const NARROWEST = 48;

interface GridHeadProps<Row> extends Pick<GridProps<Row>, "columns" | "sort" | "onSort"> {
  onResize: (column: string, width: number) => void;
}

/** The header of a grid: click to sort, drag an edge to resize. */
export function GridHead<Row>({ columns, sort, onSort, onResize }: GridHeadProps<Row>): ReactElement {
  return (
    <div className={css["head"]} role="rowgroup">
      <div className={css["row"]} role="row">
        {columns.map((column, i) => (
          <div
            key={column.id}
            role="columnheader"
            className={`${css["cell"] ?? ""} ${column.end === true ? (css["end"] ?? "") : ""}`}
            aria-sort={ariaSort(sort, column.id)}
          >
            {column.group !== undefined && column.group !== columns[i - 1]?.group && <span className={css["group"]}>{column.group}</span>}
            <span className={css["label"]}>
              {column.lead}
              <HeadLabel column={column} sort={sort ?? null} onSort={onSort} />
            </span>
            <span className={css["resize"]} aria-hidden="true" onPointerDown={(event) => startResize(event, (width) => onResize(column.id, width))} />
          </div>
        ))}
      </div>
    </div>
  );
}

interface HeadLabelProps<Row> {
  column: GridColumn<Row>;
  sort: GridSort | null;
  onSort: ((column: string) => void) | undefined;
}

function HeadLabel<Row>({ column, sort, onSort }: HeadLabelProps<Row>): ReactElement {
  const name = (
    <span className={column.quiet === true ? "hidden" : "cut"} title={column.label}>
      {column.label}
    </span>
  );
  if (column.sortable !== true || onSort === undefined) return name;
  const sorted = sort?.column === column.id;
  return (
    <button type="button" className={`${css["sort"] ?? ""} ${sorted ? (css["sorted"] ?? "") : ""}`} aria-label={text.runs.sortBy(column.label)} onClick={() => onSort(column.id)}>
      {name}
      {sorted && <Icon name={sort.descending ? "sortDown" : "sortUp"} size={12} />}
    </button>
  );
}

function ariaSort(sort: GridSort | null | undefined, column: string): "ascending" | "descending" | undefined {
  if (sort?.column !== column) return undefined;
  return sort.descending ? "descending" : "ascending";
}

function startResize(event: PointerEvent<HTMLElement>, onWidth: (width: number) => void): void {
  const handle = event.currentTarget;
  const cell = handle.parentElement;
  if (cell === null) return;
  event.preventDefault();
  const from = event.clientX - cell.offsetWidth;
  const move = (moved: globalThis.PointerEvent): void => onWidth(Math.max(NARROWEST, moved.clientX - from));
  handle.setPointerCapture(event.pointerId);
  handle.addEventListener("pointermove", move);
  handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move), { once: true });
}
