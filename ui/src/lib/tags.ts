/** A key with a value, as runs and experiments carry them. */
export interface Pair {
  key: string;
  value?: string;
}

export const NOTE = "mlflow.note.content";
export const PARENT = "mlflow.parentRunId";
export const SOURCE = "mlflow.source.name";
export const COMMIT = "mlflow.source.git.commit";
export const CONTEXT = "mlflow.data.context";

/** The value of a key; "" when there is none. */
export function valueOf(pairs: readonly Pair[] | undefined, key: string): string {
  return pairs?.find((pair) => pair.key === key)?.value ?? "";
}

/** Whether a tag is written by the machinery and not by a person. */
export function isSystemTag(key: string): boolean {
  return key.startsWith("mlflow.") || key.startsWith("cairn.");
}

/** The first line of a description that says something, without Markdown heading signs. */
export function firstLine(text: string): string {
  return text.split("\n").map((line) => line.replace(/^#+\s*/, "").trim()).find((line) => line !== "") ?? "";
}

/** The last segment of a path, for narrow cells. */
export function baseName(path: string): string {
  return path.split("/").filter((part) => part !== "").at(-1) ?? path;
}
