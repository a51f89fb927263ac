/** New values of query parameters; null or "" takes one out. */
export type QueryPatch = Record<string, string | readonly string[] | null>;

/** `search` with the changes of `patch`, without the question mark. */
export function patchQuery(search: string, patch: QueryPatch): string {
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(patch)) {
    query.delete(name);
    const values = value === null ? [] : typeof value === "string" ? [value] : value;
    for (const each of values) if (each !== "") query.append(name, each);
  }
  return query.toString();
}
