/** A row of a table of nested runs. */
export interface TreeRow<Run> {
  run: Run;
  id: string;
  depth: number;
  /** Whether the run has children; "open" when they are shown. */
  state: "leaf" | "closed" | "open" | "loading";
}

export interface TreeInput<Run> {
  roots: readonly Run[];
  idOf: (run: Run) => string;
  parents: ReadonlySet<string>;
  open: ReadonlySet<string>;
  children: ReadonlyMap<string, readonly Run[]>;
}

/** The visible rows, parents before their children. A run that is its own ancestor is shown once. */
export function flattenTree<Run>({ roots, idOf, parents, open, children }: TreeInput<Run>): TreeRow<Run>[] {
  const rows: TreeRow<Run>[] = [];
  const seen = new Set<string>();
  const add = (run: Run, depth: number): void => {
    const id = idOf(run);
    if (seen.has(id)) return;
    seen.add(id);
    const below = open.has(id) ? children.get(id) : undefined;
    const state = !parents.has(id) ? "leaf" : !open.has(id) ? "closed" : below === undefined ? "loading" : "open";
    rows.push({ run, id, depth, state });
    for (const child of below ?? []) add(child, depth + 1);
  };
  for (const run of roots) add(run, 0);
  return rows;
}
