import { expect, it } from "vitest";
import { redact } from "../src/redact.ts";
import { cpuTime } from "./fixtures/machine.ts";

it.each([
  ["rtsp://user:hunter2@10.0.0.7/1", "rtsp://***@10.0.0.7/1"],
  ["Did you mean file:rtsp://user:hun/ter#2@10.0.0.7/1?", "Did you mean file:rtsp://***@10.0.0.7/1?"],
  ["1rtsp://hunter2@cam", "1rtsp://***@cam"],
  ["http://cam/?user=me&PassWord=hunter2&x=1", "http://cam/?user=me&PassWord=***&x=1"],
  ["http://cam/?a?token=hunter2", "http://cam/?a?token=***"],
  ["http://cam/?x=1#key", "http://cam/?x=1#key"],
  ["/ws?camera=a&expires=1&signature=hunter2", "/ws?camera=a&expires=1&signature=***"],
])("What is shown of %j is %j", (text, shown) => {
  expect(redact(text)).toBe(shown);
});

it.each([
  ["letters", "a".repeat(64_000)],
  ["names of secrets without a value", "?pass".repeat(13_000)],
  ["a name that repeats itself", `?${"pass".repeat(16_000)}`],
])("A line of %s, as long as a program likes, is read at once", (_, text) => {
  const spent = cpuTime();
  expect(redact(text)).toBe(text);
  expect(spent()).toBeLessThan(250);
});
