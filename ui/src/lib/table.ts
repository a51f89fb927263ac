/** A small table of texts: what a CSV file or a logged table holds. */
export interface TextTable {
  columns: string[];
  rows: string[][];
}

/** Rows of comma or tab separated text (RFC 4180 quoting). A last line cut off by `truncated` is dropped. */
export function parseDelimited(text: string, delimiter: "," | "\t", truncated = false): TextTable {
  const lines = splitFields(text, delimiter);
  if (truncated) lines.pop();
  const [columns = [], ...rows] = lines;
  return { columns, rows };
}

function splitFields(text: string, delimiter: string): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  let at = 0;
  while (at < text.length) {
    const [field, end] = readField(text, at, delimiter);
    line.push(field);
    const stop = text[end];
    if (stop === delimiter) {
      at = end + 1;
      if (at === text.length) line.push("");
    } else {
      lines.push(line);
      line = [];
      at = end + (stop === "\r" && text[end + 1] === "\n" ? 2 : 1);
    }
  }
  if (line.length > 0) lines.push(line);
  return lines;
}

function readField(text: string, start: number, delimiter: string): [string, number] {
  if (text[start] !== '"') {
    let end = start;
    while (end < text.length && text[end] !== delimiter && text[end] !== "\n" && text[end] !== "\r") end += 1;
    return [text.slice(start, end), end];
  }
  let end = start + 1;
  while (end < text.length && !(text[end] === '"' && text[end + 1] !== '"')) end += text[end] === '"' ? 2 : 1;
  return [text.slice(start + 1, end).replaceAll('""', '"'), Math.min(end + 1, text.length)];
}

/** The table in a logged `{"columns": [...], "data": [[...]]}` file; null when the JSON is something else. */
export function tableOfJson(value: unknown): TextTable | null {
  if (typeof value !== "object" || value === null || !("columns" in value) || !("data" in value)) return null;
  const { columns, data } = value;
  if (!Array.isArray(columns) || !Array.isArray(data) || !data.every((row) => Array.isArray(row))) return null;
  return { columns: columns.map(cellText), rows: data.map((row: unknown[]) => row.map(cellText)) };
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
