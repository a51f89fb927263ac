import { describe, expect, it } from "vitest";
import { formatBytes, formatNumber, looksNumeric, toNumber } from "./numbers";

describe("numbers", () => {
  it("reads what JSON has no number for", () => {
    expect(toNumber("NaN")).toBeNaN();
    expect(toNumber("-Infinity")).toBe(-Infinity);
    expect(toNumber(0.5)).toBe(0.5);
  });

  it.each([
    [0.03123456, "0.031235"],
    [0.5, "0.5"],
    [0, "0"],
    [-3, "-3"],
    [12345678, "12,345,678"],
    [12345.678, "12,345.7"],
    [1366.52, "1,366.5"],
    [0.000012345, "1.2345e-5"],
    [1.5e12 + 0.5, "1.5e12"],
    [1e20, "1e20"],
    [NaN, "NaN"],
    [Infinity, "∞"],
    [-Infinity, "-∞"],
    [0.999999, "1"],
  ])("%d reads %s", (value, shown) => {
    expect(formatNumber(value)).toBe(shown);
  });

  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1536, "1.5 KB"],
    [1024 * 1024, "1 MB"],
    [5 * 1024 ** 4 * 1024, "5120 TB"],
  ])("%d bytes are %s", (bytes, shown) => {
    expect(formatBytes(bytes)).toBe(shown);
  });

  it("tells numbers from texts", () => {
    expect(["1", "-0.5", ".5", "1e-4", "nan"].every(looksNumeric)).toBe(true);
    expect(["", "1a", "0x10", "v1.0", "1.2.3"].some(looksNumeric)).toBe(false);
  });
});
