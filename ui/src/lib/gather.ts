const GATHER_MS = 1000;

export interface Gathered<T> {
  add: (items: Iterable<T>) => void;
  stop: () => void;
}

/** Calls at once with the first items, then at most once a second with those that came meanwhile. */
export function gather<T>(call: (items: ReadonlySet<T>) => void): Gathered<T> {
  let items = new Set<T>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    timer = undefined;
    if (items.size === 0) return;
    const given = items;
    items = new Set();
    timer = setTimeout(flush, GATHER_MS);
    call(given);
  };
  return {
    add: (more) => {
      for (const item of more) items.add(item);
      if (timer === undefined) flush();
    },
    stop: () => clearTimeout(timer),
  };
}
