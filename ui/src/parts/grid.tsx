import { useVirtualizer, type VirtualItem } from "@tanstack/react-virtual";
import { useEffect, useState, type CSSProperties, type KeyboardEvent, type ReactElement, type ReactNode } from "react";
import { rememberedOffset, useScrollMemory } from "../hooks/scroll";
import { GridHead } from "./grid-head";
import css from "./grid.module.css";

/** A column of a grid. Widths in pixels; the ones that `grow` share what is left. */
export interface GridColumn<Row> {
  id: string;
  label: string;
  width: number;
  grow?: boolean;
  /** Shown above the first column of each group. */
  group?: string;
  end?: boolean;
  sortable?: boolean;
  /** The label is only read out. */
  quiet?: boolean;
  /** Stands before the label in the header. */
  lead?: ReactNode;
  cell: (row: Row) => ReactNode;
}

export interface GridSort {
  column: string;
  descending: boolean;
}

export interface GridProps<Row> {
  label: string;
  columns: readonly GridColumn<Row>[];
  rows: readonly Row[];
  idOf: (row: Row) => string;
  rowHeight?: number;
  /** Under this key the place is remembered that the grid was scrolled to. */
  memory: string;
  sort?: GridSort | null;
  onSort?: (column: string) => void;
  /** Called when the end of the loaded rows comes near. */
  onEnd?: () => void;
  chosen?: ReadonlySet<string>;
  /** The rows are those of an earlier question. */
  stale?: boolean;
  foot?: ReactNode;
}

const NEAR_END = 25;
const DEFAULT_ROW = 32;

/** A table of any length: only the rows in sight are in the page. */
export function Grid<Row>(props: GridProps<Row>): ReactElement {
  const { rows, columns, rowHeight = DEFAULT_ROW, memory, onEnd, stale } = props;
  const ref = useScrollMemory(memory);
  const [widths, setWidths] = useState<Readonly<Record<string, number>>>({});
  const [scrolled, setScrolled] = useState(false);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => ref.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    initialOffset: () => rememberedOffset(memory),
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - NEAR_END) onEnd?.();
  }, [last, rows.length, onEnd]);
  const template = columns.map((column) => trackOf(column, widths[column.id])).join(" ");
  return (
    <div
      ref={ref}
      className={`${css["grid"] ?? ""} ${stale === true ? (css["stale"] ?? "") : ""} ${scrolled ? (css["scrolled"] ?? "") : ""}`}
      role="table"
      aria-label={props.label}
      aria-rowcount={rows.length + 1}
      aria-busy={stale === true}
      style={{ "--columns": template } as CSSProperties}
      onScroll={(event) => setScrolled(event.currentTarget.scrollLeft > 0)}
      onKeyDown={(event) => moveFocus(event, (index) => virtual.scrollToIndex(index))}
    >
      <div className={css["inner"]}>
        <GridHead {...props} onResize={(id, width) => setWidths((old) => ({ ...old, [id]: width }))} />
        <div className={css["body"]} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => (
            <GridRow key={item.key} item={item} {...props} />
          ))}
        </div>
        {props.foot !== undefined && <div className={css["foot"]}>{props.foot}</div>}
      </div>
    </div>
  );
}

function trackOf<Row>({ width, grow }: GridColumn<Row>, chosen: number | undefined): string {
  if (chosen !== undefined) return `${chosen}px`;
  return grow === true ? `minmax(min(${width}px, 54vw), 1fr)` : `${width}px`;
}

function GridRow<Row>({ item, rows, columns, idOf, chosen }: GridProps<Row> & { item: VirtualItem }): ReactElement | null {
  const row = rows[item.index];
  if (row === undefined) return null;
  const marked = chosen?.has(idOf(row)) === true;
  return (
    <div
      className={`${css["row"] ?? ""} ${marked ? (css["chosen"] ?? "") : ""}`}
      role="row"
      aria-rowindex={item.index + 2}
      aria-selected={chosen === undefined ? undefined : marked}
      data-index={item.index}
      style={{ height: item.size, transform: `translateY(${item.start}px)` }}
    >
      {columns.map((column) => (
        <div key={column.id} className={`${css["cell"] ?? ""} ${column.end === true ? (css["end"] ?? "") : ""}`} role="cell">
          {column.cell(row)}
        </div>
      ))}
    </div>
  );
}

/** Up and down move from row to row between the links of the first column. */
function moveFocus(event: KeyboardEvent<HTMLDivElement>, show: (index: number) => void): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  const row = event.target instanceof HTMLElement && event.target.tagName === "A" ? event.target.closest<HTMLElement>("[data-index]") : null;
  if (step === 0 || row === null) return;
  const grid = event.currentTarget;
  const next = Number(row.dataset["index"]) + step;
  if (next < 0) return;
  event.preventDefault();
  show(next);
  requestAnimationFrame(() => grid.querySelector<HTMLElement>(`[data-index="${next}"] a`)?.focus({ preventScroll: true }));
}
