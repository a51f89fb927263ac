/** The selection after a click on `id`; with shift, everything from `anchor` to it follows its new state. */
export function selectRow(selected: ReadonlySet<string>, order: readonly string[], id: string, anchor: string | null): Set<string> {
  const next = new Set(selected);
  const on = !selected.has(id);
  const from = anchor === null ? -1 : order.indexOf(anchor);
  const to = order.indexOf(id);
  const ids = from < 0 || to < 0 ? [id] : order.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const each of ids) {
    if (on) next.add(each);
    else next.delete(each);
  }
  return next;
}
