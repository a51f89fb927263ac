/** Metrics whose keys share what stands before the first slash. */
export interface MetricGroup {
  /** "" for keys without a slash. */
  prefix: string;
  keys: string[];
}

const LAST = "system";

/** Group keys by prefix: plain ones first, then by name, `system` at the end. */
export function groupKeys(keys: readonly string[]): MetricGroup[] {
  const groups = new Map<string, string[]>();
  for (const key of [...keys].sort(byText)) {
    const slash = key.indexOf("/");
    const prefix = slash > 0 ? key.slice(0, slash) : "";
    const group = groups.get(prefix);
    if (group === undefined) groups.set(prefix, [key]);
    else group.push(key);
  }
  return [...groups].map(([prefix, members]) => ({ prefix, keys: members })).sort((a, b) => rank(a.prefix) - rank(b.prefix) || byText(a.prefix, b.prefix));
}

function rank(prefix: string): number {
  return prefix === "" ? 0 : prefix === LAST ? 2 : 1;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Keys that contain every word of `search`, in any case. */
export function matching(keys: readonly string[], search: string): string[] {
  const words = search.toLowerCase().split(/\s+/).filter((word) => word !== "");
  return keys.filter((key) => words.every((word) => key.toLowerCase().includes(word)));
}

/** `items` in portions of at most `size`. */
export function inPortions<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
