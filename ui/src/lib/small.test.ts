import { describe, expect, it } from "vitest";
import { shortCommit } from "./git";
import { groupKeys, inPortions, matching } from "./groups";
import { readChartView } from "./looks";
import { looksLikeText, parseJson, previewOf } from "./preview";
import { selectRow } from "./select";
import { parseDelimited, tableOfJson } from "./table";
import { baseName, firstLine, isSystemTag, valueOf } from "./tags";
import { patchQuery } from "./url";
import { urls } from "./urls";
import { filterOf, isNested, readView } from "./view";
import { parseZooms, writeZooms } from "./zoom";

describe("selecting rows", () => {
  const order = ["a", "b", "c", "d"];
  it("takes one, or with shift everything up to it", () => {
    expect([...selectRow(new Set(), order, "b", null)]).toEqual(["b"]);
    expect([...selectRow(new Set(["b"]), order, "d", "b")]).toEqual(["b", "c", "d"]);
    expect([...selectRow(new Set(["a", "b", "c"]), order, "a", "c")]).toEqual([]);
    expect([...selectRow(new Set(), order, "b", "gone")]).toEqual(["b"]);
  });
});

describe("the URL", () => {
  it("changes only what it is asked to", () => {
    expect(patchQuery("a=1&b=2", { b: null, c: "x y" })).toBe("a=1&c=x+y");
    expect(patchQuery("z=1&z=2", { z: ["3", "4"] })).toBe("z=3&z=4");
    expect(patchQuery("q=1", { q: "" })).toBe("");
  });

  it("nests runs unless something else is asked for", () => {
    expect(filterOf(readView(new URLSearchParams()))).toBe("tags.mlflow.parentRunId IS NULL");
    expect(isNested(readView(new URLSearchParams("q=status%3D'FAILED'")))).toBe(false);
    expect(isNested(readView(new URLSearchParams("deleted=1")))).toBe(false);
    expect(isNested(readView(new URLSearchParams("flat=1")))).toBe(false);
    expect(readView(new URLSearchParams("open=a,b")).open).toEqual(["a", "b"]);
  });

  it("reads how charts look and keeps to what is possible", () => {
    expect(readChartView(new URLSearchParams("x=wrong&smooth=7&log=1"))).toMatchObject({ axis: "step", smoothing: 0.99, log: true });
    expect(readChartView(new URLSearchParams("smooth=abc")).smoothing).toBe(0);
  });

  it("carries the zoom of each chart", () => {
    const zooms = parseZooms(["10:20:a:b", "-5:0:loss", "junk"]);
    expect(zooms.get("a:b")).toEqual([10, 20]);
    expect(writeZooms(zooms, "loss", null)).toEqual(["10:20:a:b"]);
    expect(writeZooms(new Map(), "x", [1, 2])).toEqual(["1:2:x"]);
  });

  it("escapes ids", () => {
    expect(urls.run("1", "a/b")).toBe("/experiments/1/runs/a%2Fb");
  });
});

describe("metric groups", () => {
  it("puts plain keys first and the system last", () => {
    expect(groupKeys(["system/cpu", "val/loss", "loss", "train/loss", "/odd"]).map((group) => `${group.prefix}: ${group.keys.join(" ")}`)).toEqual([": /odd loss", "train: train/loss", "val: val/loss", "system: system/cpu"]);
  });
  it("finds keys by all words", () => {
    expect(matching(["val/loss", "train/loss"], "LOSS val")).toEqual(["val/loss"]);
    expect(inPortions([1, 2, 3], 2)).toEqual([[1, 2], [3]]);
  });
});

describe("previews", () => {
  it("judges a file by its name", () => {
    expect(previewOf("plots/a.PNG")).toEqual({ kind: "image", type: "image/png" });
    expect(previewOf("model/MLmodel")).toEqual({ kind: "text" });
    expect(previewOf("x.html")).toEqual({ kind: "text" });
    expect(previewOf("data.tsv")).toEqual({ kind: "table", delimiter: "\t" });
    expect(previewOf("model.pkl")).toEqual({ kind: "none" });
    expect(previewOf("dir.json/blob")).toEqual({ kind: "none" });
  });
  it("tells text from bytes", () => {
    expect(looksLikeText("grün\n\t\u001b[0m")).toBe(true);
    expect(looksLikeText("a\0b")).toBe(false);
    expect(parseJson("{")).toBeNull();
    expect(parseJson('{"a":[1]}')?.pretty).toBe('{\n  "a": [\n    1\n  ]\n}');
  });
});

describe("tables in files", () => {
  it("reads quoted fields, doubled quotes, line ends of every kind", () => {
    expect(parseDelimited('a,b\r\n"x, ""y""","two\nlines"\n,\n', ",")).toEqual({ columns: ["a", "b"], rows: [['x, "y"', "two\nlines"], ["", ""]] });
    expect(parseDelimited("a\tb\n1\t", "\t")).toEqual({ columns: ["a", "b"], rows: [["1", ""]] });
    expect(parseDelimited("", ",")).toEqual({ columns: [], rows: [] });
  });
  it("drops a line that was cut off", () => {
    expect(parseDelimited("a,b\n1,2\n3", ",", true).rows).toEqual([["1", "2"]]);
  });
  it("reads a logged table and nothing else", () => {
    expect(tableOfJson({ columns: ["a"], data: [[null], [{ x: 1 }]] })).toEqual({ columns: ["a"], rows: [[""], ['{"x":1}']] });
    expect(tableOfJson({ columns: ["a"], data: [1] })).toBeNull();
    expect(tableOfJson([1])).toBeNull();
  });
});

describe("tags", () => {
  it("finds values and first lines", () => {
    expect(valueOf([{ key: "a", value: "1" }], "a")).toBe("1");
    expect(valueOf(undefined, "a")).toBe("");
    expect(firstLine("\n# Title \nmore")).toBe("Title");
    expect(isSystemTag("mlflow.user")).toBe(true);
    expect(baseName("a/b/")).toBe("b");
    expect(shortCommit("3f2a9c1b3f2a9c1b")).toBe("3f2a9c1");
  });
});
