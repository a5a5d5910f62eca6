import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { throttle } from "../src/throttle.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("Passes on the first at once, then one a period, and tells how many it has left out", () => {
  const told: unknown[] = [];
  const tell = throttle((word: string, leftOut) => void told.push([word, leftOut]), 1000);
  tell("first");
  for (let n = 0; n < 3; n++) tell("left out");
  vi.advanceTimersByTime(999);
  tell("left out");
  vi.advanceTimersByTime(1);
  tell("second");
  vi.advanceTimersByTime(5000);
  tell("third");
  expect(told).toEqual([
    ["first", 0],
    ["second", 4],
    ["third", 0],
  ]);
});
