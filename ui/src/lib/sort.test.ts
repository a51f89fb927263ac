import { describe, expect, it } from "vitest";
import { isSortable, orderBy, parseSort, toggleSort, writeSort } from "./sort";

describe("sorting by a header", () => {
  it("starts with the largest for metrics and times, with the first for texts, and ends with the third click", () => {
    const first = toggleSort(null, "metrics.acc");
    const second = toggleSort(first, "metrics.acc");
    expect(first).toEqual({ column: "metrics.acc", descending: true });
    expect(second).toEqual({ column: "metrics.acc", descending: false });
    expect(toggleSort(second, "metrics.acc")).toBeNull();
    expect(toggleSort(null, "params.lr")).toEqual({ column: "params.lr", descending: false });
    expect(toggleSort(first, "params.lr")).toEqual({ column: "params.lr", descending: false });
  });

  it("survives the URL", () => {
    expect(parseSort("-metrics.val/acc")).toEqual({ column: "metrics.val/acc", descending: true });
    expect(writeSort(parseSort("-metrics.val/acc"))).toBe("-metrics.val/acc");
    expect(parseSort("rubbish")).toBeNull();
    expect(parseSort(null)).toBeNull();
  });

  it("quotes keys in order_by", () => {
    expect(orderBy(parseSort("-metrics.val/acc"))).toEqual(["metrics.`val/acc` DESC"]);
    expect(orderBy(parseSort("attributes.run_name"))).toEqual(["attributes.run_name ASC"]);
    expect(orderBy(null)).toEqual([]);
  });

  it("knows what the server cannot sort by", () => {
    expect(isSortable("attributes.duration")).toBe(false);
    expect(isSortable("attributes.source")).toBe(true);
  });
});
