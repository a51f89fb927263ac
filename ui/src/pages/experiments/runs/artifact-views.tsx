import { useCallback, useMemo, useState, type ReactElement } from "react";
import type { Beginning } from "../../../api/artifacts";
import { formatCount, looksNumeric } from "../../../lib/numbers";
import { looksLikeText, parseJson, type Preview } from "../../../lib/preview";
import { parseDelimited, tableOfJson, type TextTable } from "../../../lib/table";
import { Grid } from "../../../parts/grid";
import { Empty } from "../../../parts/states";
import { text } from "../../../text";
import css from "./artifacts.module.css";

/** A picture. An SVG can run no script in an img element. */
export function ImageView({ bytes, type, path }: { bytes: Blob; type: string; path: string }): ReactElement {
  const [broken, setBroken] = useState(false);
  const show = useCallback(
    (image: HTMLImageElement) => {
      const url = URL.createObjectURL(new Blob([bytes], { type }));
      image.src = url;
      return () => URL.revokeObjectURL(url);
    },
    [bytes, type],
  );
  if (broken) return <Empty title={text.artifacts.badImage} />;
  return (
    <div className={css["image"]}>
      <img ref={show} alt={path} onError={() => setBroken(true)} />
    </div>
  );
}

/** What a text file holds: a table, JSON laid out, or its lines. */
export function TextualView({ file, preview, path }: { file: Beginning; preview: Preview; path: string }): ReactElement {
  const shown = useMemo(() => readContent(file, preview), [file, preview]);
  if (shown.table !== null) return <TableView table={shown.table} label={path} />;
  if (shown.lines === null) return <Empty title={text.artifacts.noPreview} />;
  return (
    <pre className={css["text"]} tabIndex={0} aria-label={path}>
      {shown.lines}
    </pre>
  );
}

interface Content {
  table: TextTable | null;
  /** null for what is no text. */
  lines: string | null;
}

function readContent({ content, truncated }: Beginning, preview: Preview): Content {
  if (!looksLikeText(content)) return { table: null, lines: null };
  if (preview.kind === "table") return { table: parseDelimited(content, preview.delimiter, truncated), lines: content };
  const json = preview.kind === "json" && !truncated ? parseJson(content) : null;
  return { table: tableOfJson(json?.value), lines: json?.pretty ?? content };
}

const CHAR = 7.5;
const NARROWEST = 70;
const WIDEST = 360;
const SAMPLE = 50;

function TableView({ table, label }: { table: TextTable; label: string }): ReactElement {
  const rows = useMemo(() => table.rows.map((cells, i) => ({ cells, id: String(i) })), [table]);
  const columns = useMemo(() => table.columns.map((name, i) => tableColumn(name, i, table)), [table]);
  return (
    <>
      <p className={css["partial"]}>{text.artifacts.rows(formatCount(table.rows.length), formatCount(table.columns.length))}</p>
      <div className={css["table"]}>
        <Grid label={label} rows={rows} columns={columns} idOf={(row) => row.id} rowHeight={28} memory={`table ${label}`} />
      </div>
    </>
  );
}

function tableColumn(name: string, index: number, table: TextTable) {
  const sample = table.rows.slice(0, SAMPLE).map((row) => row[index] ?? "");
  const longest = Math.max(name.length, ...sample.map((cell) => cell.length));
  return {
    id: String(index),
    label: name,
    width: Math.min(WIDEST, Math.max(NARROWEST, 24 + longest * CHAR)),
    end: sample.some((cell) => cell !== "") && sample.every((cell) => cell === "" || looksNumeric(cell)),
    cell: ({ cells }: { cells: readonly string[] }) => <span title={cells[index]}>{cells[index]}</span>,
  };
}
