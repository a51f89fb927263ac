import { describe, expect, it } from "vitest";
import { unpack } from "./packed";

// What the server wrote for two replies.
const CURVES = "Q0NPMUABAAB7InNlcmllcyI6W3sicnVuX2lkIjoiciIsImtleSI6IsO8ICRmNjQiLCJ0b3RhbCI6MywiZXhhY3QiOnRydWUsInN0ZXBzIjp7IiRpNjQiOlswLDNdfSwidGltZXN0YW1wcyI6eyIkZDE2IjpbMjQsMTBdfSwidmFsdWVzIjp7IiRmNjQiOls1NiwzXX19LHsicnVuX2lkIjoicyIsImtleSI6ImVtcHR5IiwidG90YWwiOjAsImV4YWN0IjpmYWxzZSwic3RlcHMiOnsiJGk4IjpbODAsMF19LCJ0aW1lc3RhbXBzIjp7IiRpMTYiOls4MCwyXX0sInZhbHVlcyI6eyIkZjMyIjpbODgsMF19LCJsb3ciOnsiJGYzMiI6Wzg4LDJdfSwiaGlnaCI6eyIkZjY0IjpbOTYsMV19fV19IP//////////AAAAAAAAAAAAAAAAAAAgAADALMiZAQAALAEsASwBLAEsASwBLAEsASwBAAAAAAAAmpmZmZmZuT8AAAAAAAD4fwAAAAAAAPD/LAHU/gAAAAAAAAA/AAAAgJx1AIg85Dd+";
const TABLE = "Q0NPMbgAAAB7InJ1bl9pZHMiOnsiJHRleHQiOlswLDldfSwiY29sdW1ucyI6W3sibmFtZSI6InRhZ3MueCIsInRleHRzIjp7IiRwaWNrIjpbeyIkdGV4dCI6WzE2LDE4XX0seyIkaTgiOls0MCw0XX1dfX0seyJuYW1lIjoic3RhcnRfdGltZSIsInJvd3MiOnsiJGkzMiI6WzQ4LDJdfSwiaW50ZWdlcnMiOnsiJGQzMiI6WzU2LDEwXX19XX0gWyJhIiwiYiJdAAAAAAAAAFsieWVzIiwibsO2IPCfmIAiXQAAAAAAAAAAAQAAAAAAcBEBAHARAQAAwCzImQEAAHARAQBQNAMAMFcFABB6BwDwnAkA0L8LALDiDQCQBRAAcCgSAAAAAAA=";

function bytes(text: string): ArrayBuffer {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer;
}

describe("replies in columns", () => {
  it("are what the server had, number for number", () => {
    const times = Float64Array.from({ length: 10 }, (_, i) => 1_760_000_000_000 + 300 * i);
    expect(unpack(bytes(CURVES))).toEqual({
      series: [
        { run_id: "r", key: "ü $f64", total: 3, exact: true, steps: Float64Array.of(-1, 0, 2 ** 53), timestamps: times, values: Float64Array.of(0.1, NaN, -Infinity) },
        {
          run_id: "s",
          key: "empty",
          total: 0,
          exact: false,
          steps: new Int8Array(),
          timestamps: Int16Array.of(300, -300),
          values: new Float32Array(),
          low: Float32Array.of(0.5, -0),
          high: Float64Array.of(1e300),
        },
      ],
    });
  });

  it("hold texts, each of which stands there once", () => {
    const starts = Float64Array.from({ length: 10 }, (_, i) => 1_760_000_000_000 + 70_000 * i * i);
    expect(unpack(bytes(TABLE))).toEqual({
      run_ids: ["a", "b"],
      columns: [
        { name: "tags.x", texts: ["yes", "yes", "nö 😀", "yes"] },
        { name: "start_time", integers: starts, rows: Int32Array.of(70_000, 70_000) },
      ],
    });
  });

  it("are refused when they are cut or something else", () => {
    const whole = bytes(CURVES);
    for (const end of [0, 7, 12, whole.byteLength - 8]) expect(() => unpack(whole.slice(0, end))).toThrow();
    expect(() => unpack(new TextEncoder().encode('{"series":[]}').buffer)).toThrow(SyntaxError);
  });
});
