import { describe, expect, it } from "vitest";
import { formatDuration, formatRelative } from "./time";

const NOW = Date.UTC(2025, 5, 15, 12);
const ago = (ms: number): string => formatRelative(NOW - ms, NOW);

describe("times", () => {
  it("says how long ago", () => {
    expect(ago(10_000)).toBe("just now");
    expect(ago(-20_000)).toBe("just now"); // clocks differ a little
    expect(ago(50_000)).toBe("1 min ago");
    expect(ago(5 * 60_000)).toBe("5 min ago");
    expect(ago(3 * 3_600_000)).toBe("3 h ago");
    expect(ago(5 * 86_400_000)).toBe("5 d ago");
    expect(ago(60 * 86_400_000)).toBe("Apr 16");
    expect(ago(400 * 86_400_000)).toBe("May 11, 2024");
  });

  it.each([
    [-5, "0 ms"],
    [340, "340 ms"],
    [4200, "4.2 s"],
    [12_400, "12 s"],
    [59_700, "1 m 00 s"],
    [185_000, "3 m 05 s"],
    [7_800_000, "2 h 10 m"],
    [360_000_000, "4 d 04 h"],
  ])("%d ms last %s", (span, shown) => {
    expect(formatDuration(span)).toBe(shown);
  });
});
