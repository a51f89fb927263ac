import { describe, expect, it } from "vitest";
import { redirectFromHash } from "./legacy";

describe("links of the old hash-routed UI", () => {
  it.each([
    ["#/", "/experiments"],
    ["#/experiments", "/experiments"],
    ["#/experiments/1", "/experiments/1"],
    ["#/experiments/1?searchFilter=metrics.acc%20%3E%200.9", "/experiments/1?q=metrics.acc+%3E+0.9"],
    ["#/experiments/1/runs", "/experiments/1"],
    ["#/experiments/1/runs/abc", "/experiments/1/runs/abc"],
    ["#/experiments/1/runs/abc/artifacts", "/experiments/1/runs/abc?tab=artifacts"],
    ["#/experiments/1/runs/abc/artifacts/model/MLmodel", "/experiments/1/runs/abc?tab=artifacts&path=model%2FMLmodel"],
    ["#/experiments/1/runs/abc/artifactPath/plots/a%20b.png", "/experiments/1/runs/abc?tab=artifacts&path=plots%2Fa+b.png"],
    ["#/experiments/1/runs/abc/model-metrics", "/experiments/1/runs/abc?tab=charts"],
    ["#/experiments/1/runs/abc/system-metrics", "/experiments/1/runs/abc?tab=charts&search=system%2F"],
    ["#/experiments/1/runs/abc/traces", "/experiments/1/runs/abc"],
    ["#/runs/abc", "/runs/abc"],
    ['#/metric/val%2Floss?runs=["abc"]&experiments=["1"]', "/experiments/1/runs/abc?tab=charts&search=val%2Floss"],
    ["#/models/x", "/experiments"],
  ])("%s leads to %s", (hash, target) => {
    expect(redirectFromHash(hash)).toBe(target);
  });

  it("leaves other hashes alone", () => {
    expect(redirectFromHash("")).toBeNull();
    expect(redirectFromHash("#section")).toBeNull();
  });
});
