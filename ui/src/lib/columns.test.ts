import { describe, expect, it } from "vitest";
import { defaultColumns, groupColumns, parseColumn, parseColumns, toggleColumn, writeColumns, type KeyCounts } from "./columns";

const key = (name: string, runs: number, distinct: number) => ({ key: name, runs, distinct });

describe("columns of the runs table", () => {
  const counts: KeyCounts = {
    metrics: [key("acc", 10, 9), key("constant", 10, 1), key("system/cpu", 10, 10)],
    params: [key("lr", 10, 3), key("seed", 10, 1)],
    tags: [key("mlflow.user", 10, 2), key("mlflow.source.name", 10, 1)],
  };

  it("shows what tells runs apart and hides what is the same everywhere", () => {
    expect(defaultColumns(counts, 10)).toEqual(["attributes.status", "attributes.start_time", "attributes.duration", "attributes.user_id", "metrics.acc", "params.lr"]);
  });

  it("shows a metric that only some have, among few runs", () => {
    const some: KeyCounts = { metrics: [key("acc", 1, 1)], params: [], tags: [] };
    expect(defaultColumns(some, 3)).toContain("metrics.acc");
    expect(defaultColumns(some, 300)).not.toContain("metrics.acc");
  });

  it("shows everything that a lone run has", () => {
    const one: KeyCounts = { metrics: [key("acc", 1, 1)], params: [key("lr", 1, 1)], tags: [] };
    expect(defaultColumns(one, 1)).toContain("params.lr");
    expect(defaultColumns(one, 1)).toContain("metrics.acc");
  });

  it("keeps to the metrics that most runs have when there are many", () => {
    const metrics = Array.from({ length: 40 }, (_, i) => key(`m${String(i).padStart(2, "0")}`, i + 2, 2));
    const chosen = defaultColumns({ metrics, params: [], tags: [] }, 50).filter((id) => id.startsWith("metrics."));
    expect(chosen).toHaveLength(12);
    expect(chosen.at(0)).toBe("metrics.m28");
    expect(chosen).toEqual([...chosen].sort());
  });

  it("splits an id at its first dot only", () => {
    expect(parseColumn("tags.mlflow.user")).toEqual({ kind: "tags", key: "mlflow.user" });
    expect(parseColumn("nonsense.x")).toBeNull();
    expect(parseColumn("metrics.")).toBeNull();
  });

  it("reads from a URL what it wrote, commas and percent signs too", () => {
    const ids = ["metrics.a,b", "params.100%", "tags.x y"];
    expect(parseColumns(writeColumns(ids))).toEqual(ids);
    expect(parseColumns(null)).toBeNull();
    expect(parseColumns("metrics.a,metrics.a,junk")).toEqual(["metrics.a"]);
    expect(parseColumns("")).toEqual([]);
  });

  it("adds a column at the end of its kind", () => {
    expect(toggleColumn(["metrics.a", "params.p"], "metrics.b")).toEqual(["metrics.a", "metrics.b", "params.p"]);
    expect(toggleColumn(["metrics.a", "params.p"], "metrics.a")).toEqual(["params.p"]);
    expect(groupColumns(["tags.t", "attributes.status"])).toEqual(["attributes.status", "tags.t"]);
  });
});
