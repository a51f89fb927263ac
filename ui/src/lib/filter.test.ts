import { describe, expect, it } from "vitest";
import { childrenOf, childrenOfAny, nameContains, quoteKey, quoteValue, runsWithIds } from "./filter";

describe("filters in the search grammar", () => {
  it("leaves plain and dotted keys bare and quotes the others", () => {
    expect(quoteKey("val.acc")).toBe("val.acc");
    expect(quoteKey("system/cpu")).toBe("`system/cpu`");
    expect(quoteKey("f 1")).toBe("`f 1`");
    expect(quoteKey("a`b")).toBe('"a`b"');
  });

  it("never lets a value end its own quotes", () => {
    expect(quoteValue("cnn")).toBe("'cnn'");
    expect(quoteValue("it's")).toBe(`"it's"`);
    expect(quoteValue(`a'b"c`)).toBe(`"a'bc"`);
  });

  it("searches names anywhere, in any case", () => {
    expect(nameContains(" Cifar ")).toBe("name ILIKE '%Cifar%'");
    expect(nameContains("")).toBe("");
    expect(nameContains(`it's "x"`)).toBe(`name ILIKE "%it's _x_%"`);
  });

  it("names children and runs", () => {
    expect(childrenOf("abc")).toBe("tags.mlflow.parentRunId = 'abc'");
    expect(childrenOfAny(["a", "b"])).toBe("tags.mlflow.parentRunId IN ('a', 'b')");
    expect(runsWithIds(["a"])).toBe("run_id IN ('a')");
  });
});
