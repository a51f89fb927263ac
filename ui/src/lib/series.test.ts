import { describe, expect, it } from "vitest";
import { countGaps, smooth, stepsBetween, toLines, type Look, type Curve } from "./series";

const look = (changes: Partial<Look> = {}): Look => ({ axis: "step", start: 1000, smoothing: 0, log: false, ...changes });
const series = (changes: Partial<Curve> = {}): Curve => ({
  run_id: "r",
  key: "loss",
  total: 3,
  exact: true,
  steps: Int32Array.of(0, 10, 20),
  timestamps: Float64Array.of(1000, 2000, 4000),
  values: Float64Array.of(3, 2, 1),
  ...changes,
});

describe("curves for a chart", () => {
  it("lays values over steps, times in seconds, or seconds since the start", () => {
    expect(toLines(series(), look()).x).toEqual(Int32Array.of(0, 10, 20));
    expect(toLines(series(), look({ axis: "time" })).x).toEqual([1, 2, 4]);
    expect(toLines(series(), look({ axis: "relative" })).x).toEqual([0, 1, 3]);
  });

  it("makes gaps of what is not finite", () => {
    const odd = series({ values: Float64Array.of(1, NaN, Infinity) });
    expect(toLines(odd, look()).raw).toEqual([1, null, null]);
    expect(countGaps(odd)).toBe(2);
  });

  it("makes gaps of what a log axis cannot show", () => {
    expect(toLines(series({ values: Int8Array.of(1, 0, -2) }), look({ log: true })).raw).toEqual([1, null, null]);
  });

  it("puts points in the order of the axis", () => {
    const lines = toLines(series({ timestamps: Float64Array.of(5000, 2000, 4000) }), look({ axis: "time" }));
    expect(lines.x).toEqual([2, 4, 5]);
    expect(lines.raw).toEqual([2, 1, 3]);
  });

  it("draws the band of buckets and none for exact points", () => {
    const low = Int8Array.of(2, 1, 0);
    const high = Int8Array.of(9, 3, 2);
    expect(toLines(series({ exact: false, low, high }), look())).toMatchObject({ low, high });
    expect(toLines(series({ low, high }), look())).toMatchObject({ low: null, high: null });
  });

  it("smooths without pulling the start to zero and keeps gaps", () => {
    expect(smooth([4, 4, null, 4], 0.9)).toEqual([4, 4, null, 4]);
    const [first, second] = smooth([1, 0], 0.5);
    expect(first).toBe(1);
    expect(second).toBeCloseTo(1 / 3);
    expect(toLines(series(), look()).smooth).toBeNull();
  });

  it("turns a place on any axis into steps, one point wider", () => {
    const long = series({ steps: Int8Array.of(0, 10, 20, 30), timestamps: Int16Array.of(1000, 2000, 3000, 4000), values: Int8Array.of(1, 2, 3, 4) });
    expect(stepsBetween(long, look(), 8, 22)).toEqual([0, 30]);
    expect(stepsBetween(long, look({ axis: "time" }), 2.9, 3.1)).toEqual([10, 30]);
    expect(stepsBetween(long, look(), 11, 12.5)).toEqual([11, 13]);
    expect(stepsBetween(long, look({ axis: "time" }), 2.2, 2.4)).toBeNull();
  });
});
