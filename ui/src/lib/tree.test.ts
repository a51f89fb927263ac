import { describe, expect, it } from "vitest";
import { flattenTree } from "./tree";

const rows = (open: string[], children: Record<string, string[]>, roots = ["a", "b"]) =>
  flattenTree({ roots, idOf: (id) => id, parents: new Set(["a", "a1"]), open: new Set(open), children: new Map(Object.entries(children)) }).map(({ id, depth, state }) => `${id} ${depth} ${state}`);

describe("nested runs", () => {
  it("folds children away until their parent is opened", () => {
    expect(rows([], {})).toEqual(["a 0 closed", "b 0 leaf"]);
    expect(rows(["a"], {})).toEqual(["a 0 loading", "b 0 leaf"]);
    expect(rows(["a"], { a: ["a1", "a2"] })).toEqual(["a 0 open", "a1 1 closed", "a2 1 leaf", "b 0 leaf"]);
    expect(rows(["a", "a1"], { a: ["a1"], a1: ["x"] })).toEqual(["a 0 open", "a1 1 open", "x 2 leaf", "b 0 leaf"]);
  });

  it("shows a run once, even one that is its own ancestor", () => {
    expect(rows(["a", "a1"], { a: ["a1"], a1: ["a"] }, ["a"])).toEqual(["a 0 open", "a1 1 open"]);
  });
});
