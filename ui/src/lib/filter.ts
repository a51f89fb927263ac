/** Build filters in the search grammar of runs and experiments. */

const BARE_KEY = /^[A-Za-z0-9_.-]+$/;

/** `key` as an identifier: bare where the grammar allows it, else in backticks or double quotes. */
export function quoteKey(key: string): string {
  if (BARE_KEY.test(key)) return key;
  return key.includes("`") ? `"${key}"` : `\`${key}\``;
}

/** `value` as a string literal. The grammar has no escapes, so a text with both quotes loses its double ones. */
export function quoteValue(value: string): string {
  if (!value.includes("'")) return `'${value}'`;
  return `"${value.replaceAll('"', "")}"`;
}

/** Experiments whose name contains `text`, in any case. */
export function nameContains(text: string): string {
  const wanted = text.trim();
  if (wanted === "") return "";
  const literal = wanted.includes("'") && wanted.includes('"') ? wanted.replaceAll('"', "_") : wanted;
  return `name ILIKE ${quoteValue(`%${literal}%`)}`;
}

const PARENT = "tags.mlflow.parentRunId";

/** Runs that are no other run's child. */
export const TOP_LEVEL = `${PARENT} IS NULL`;

/** The children of one run. */
export function childrenOf(runId: string): string {
  return `${PARENT} = ${quoteValue(runId)}`;
}

/** The children of any of these runs. */
export function childrenOfAny(runIds: readonly string[]): string {
  return `${PARENT} IN (${runIds.map(quoteValue).join(", ")})`;
}

/** Exactly these runs. */
export function runsWithIds(runIds: readonly string[]): string {
  return `run_id IN (${runIds.map(quoteValue).join(", ")})`;
}
