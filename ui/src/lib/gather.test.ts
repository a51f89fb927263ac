import { expect, test, vi } from "vitest";
import { gather } from "./gather";

test("the first items are passed on at once, later ones together", () => {
  vi.useFakeTimers();
  const calls: string[][] = [];
  const gathered = gather<string>((items) => calls.push([...items]));
  gathered.add(["a"]);
  gathered.add(["b"]);
  gathered.add(["c", "b"]);
  expect(calls).toEqual([["a"]]);
  vi.advanceTimersByTime(1000);
  expect(calls).toEqual([["a"], ["b", "c"]]);
  vi.advanceTimersByTime(5000);
  gathered.add(["d"]);
  expect(calls).toEqual([["a"], ["b", "c"], ["d"]]);
  gathered.add(["e"]);
  gathered.stop();
  vi.advanceTimersByTime(5000);
  expect(calls).toHaveLength(3);
  vi.useRealTimers();
});
