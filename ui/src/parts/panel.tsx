import { useState, type ReactElement, type ReactNode } from "react";
import { formatCount } from "../lib/numbers";
import { text } from "../text";
import css from "./panel.module.css";
import { SearchBox } from "./search-box";

interface PanelProps {
  title: string;
  count?: number;
  tools?: ReactNode;
  children: ReactNode;
}

/** A titled box. */
export function Panel({ title, count, tools, children }: PanelProps): ReactElement {
  return (
    <section className={css["panel"]} aria-label={title}>
      <div className={css["head"]}>
        <h2>{title}</h2>
        <span className={css["count"]}>{count !== undefined && count > 0 && formatCount(count)}</span>
        {tools}
      </div>
      {children}
    </section>
  );
}

export function Quiet({ children }: { children: ReactNode }): ReactElement {
  return <p className={css["quiet"]}>{children}</p>;
}

export interface KeyColumn<Row> {
  label: string;
  /** Share of the width, for example "30%". */
  width?: string;
  end?: boolean;
  cell: (row: Row) => ReactNode;
}

interface KeyTableProps<Row> {
  title: string;
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  columns: readonly KeyColumn<Row>[];
  empty: string;
}

const WORTH_SEARCHING = 12;

/** Rows that have a key each, in a box; long ones can be searched. */
export function KeyTable<Row>({ title, rows, keyOf, columns, empty }: KeyTableProps<Row>): ReactElement {
  const [search, setSearch] = useState("");
  const wanted = search.toLowerCase();
  const shown = rows.filter((row) => keyOf(row).toLowerCase().includes(wanted));
  const find = rows.length > WORTH_SEARCHING && (
    <div className={css["find"]}>
      <SearchBox value={search} label={text.run.findIn(title)} delay={80} onSearch={setSearch} />
    </div>
  );
  return (
    <Panel title={title} count={rows.length} tools={find}>
      {shown.length === 0 ? (
        <Quiet>{rows.length === 0 ? empty : text.run.noMatch}</Quiet>
      ) : (
        <div className={css["body"]} tabIndex={0} role="group" aria-label={title}>
          <table className={css["table"]}>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column.label} scope="col" style={{ width: column.width }} className={column.end === true ? css["end"] : undefined}>
                    {column.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <tr key={keyOf(row)}>
                  {columns.map((column) => (
                    <td key={column.label} className={column.end === true ? css["end"] : undefined}>
                      {column.cell(row)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
