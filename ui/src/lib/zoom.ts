/** The steps that a chart is zoomed to, first and last included. */
export type StepRange = readonly [number, number];

/** The zooms that a URL carries, by metric: `z=1200:2400:loss`. */
export function parseZooms(values: readonly string[]): Map<string, StepRange> {
  const zooms = new Map<string, StepRange>();
  for (const value of values) {
    const match = /^(-?\d+):(-?\d+):(.+)$/s.exec(value);
    if (match?.[3] !== undefined) zooms.set(match[3], [Number(match[1]), Number(match[2])]);
  }
  return zooms;
}

/** The form of the zooms that a URL carries, with the one of `key` set, or taken out. */
export function writeZooms(zooms: ReadonlyMap<string, StepRange>, key: string, range: StepRange | null): string[] {
  const next = new Map(zooms);
  if (range === null) next.delete(key);
  else next.set(key, range);
  return [...next].map(([name, [from, to]]) => `${from}:${to}:${name}`);
}
