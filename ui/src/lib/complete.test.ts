import { describe, expect, it } from "vitest";
import { complete } from "./complete";

const keys = { metrics: ["acc", "val/acc"], params: ["lr"], tags: ["team"] };
const at = (text: string) => complete(text, text.length, keys);

describe("completing a filter", () => {
  it("offers what begins with the word, then what contains it", () => {
    expect(at("acc")?.options).toEqual(["metrics.acc", "metrics.`val/acc`"]);
    expect(at("st")?.options).toEqual(["status", "start_time"]);
    expect(at("metrics.v")).toEqual({ from: 0, to: 9, options: ["metrics.`val/acc`"] });
  });

  it("completes the word at the caret only", () => {
    expect(at("metrics.acc > 0.9 AND par")).toEqual({ from: 22, to: 25, options: ["params.lr"] });
    expect(complete("par AND x", 3, keys)).toMatchObject({ from: 0, to: 3 });
  });

  it("keeps silent where a value is due, inside strings, and when all is written", () => {
    expect(at("")).toBeNull();
    expect(at("params.lr = 'a")).toBeNull();
    expect(at("metrics.acc > ac")).toBeNull();
    expect(at("tags.team IN (te")).toBeNull();
    expect(at("params.lr")).toBeNull();
    expect(at("zzz")).toBeNull();
  });
});
