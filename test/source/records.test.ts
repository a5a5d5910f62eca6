import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { joinRecords, lastWords } from "../../src/source/records.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const python = [
  "Traceback (most recent call last):",
  '  File "camera.py", line 3, in <module>',
  "    read()",
  "ValueError: no camera",
];
const javascript = ["Error: no camera", "    at read (camera.js:3:7)", "    at main (camera.js:9:1)"];

/** The records of these lines. */
function records(lines: readonly string[]): string[] {
  const told: string[] = [];
  const { take } = joinRecords((record) => void told.push(record));
  for (const line of lines) take(line);
  vi.advanceTimersByTime(1000);
  return told;
}

it.each([
  ["of Python", python],
  ["of JavaScript", javascript],
])("A traceback %s is one record between others", (_, trace) => {
  expect(records(["begins", ...trace, "ends"])).toEqual(["begins", trace.join("\n"), "ends"]);
});

it("Indented lines without end are records of 50 lines", () => {
  expect(records(Array.from({ length: 120 }, () => " x")).map((record) => record.split("\n").length)).toEqual([
    50, 50, 20,
  ]);
});

it("What waits is passed on at the end", () => {
  const told: string[] = [];
  const { take, flush } = joinRecords((record) => void told.push(record));
  take("farewell");
  flush();
  flush();
  expect(told).toEqual(["farewell"]);
});

it("The error behind a traceback says why a program ended", () => {
  expect(lastWords(["begins", ...python])).toEqual(["ValueError: no camera"]);
  expect(lastWords(["a", "b", "c", "d"])).toEqual(["b", "c", "d"]);
});
