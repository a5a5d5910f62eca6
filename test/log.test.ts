import { afterEach, expect, it, vi } from "vitest";
import { createApp } from "../src/app.ts";
import { camera } from "../src/index.ts";
import { type Logger, loggerOf } from "../src/log.ts";
import { until } from "./fixtures/until.ts";

afterEach(() => void vi.restoreAllMocks());

const broken = {
  values() {
    throw new Error("out of order");
  },
} as unknown as ReadonlyMap<string, never>;

it("An error that answers 500 is on the console where no log is given, with its stack", async () => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  expect((await createApp({ cameras: broken }).request("/cameras")).status).toBe(500);
  expect(error.mock.calls).toEqual([["teecam: Cannot answer /cameras: out of order", expect.any(Error)]]);
});

it("A log that is given gets the event as it is, and the console nothing", async () => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  const given: Logger = { debug() {}, info() {}, warn() {}, error: vi.fn() };
  await createApp({ cameras: broken, log: given }).request("/cameras");
  expect(given.error).toHaveBeenCalledWith("Cannot answer {path}: {error}", {
    path: "/cameras",
    error: expect.any(Error),
  });
  expect(error).not.toHaveBeenCalled();
});

it("The console as a log gets whole sentences, of which none forges a line", () => {
  const info = vi.spyOn(console, "info").mockImplementation(() => {});
  loggerOf(console).info("{camera} is {state}, {unknown}", { camera: "front\nyard", state: "live" });
  expect(info).toHaveBeenCalledWith("teecam: front\\nyard is live, {unknown}");
});

it("A camera whose program is missing says so in its state, and on the console", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const front = camera({ id: "front", source: ["no-such-program"] });
  const states = front.states().getReader();
  const { detail } = await until(async () => {
    const next = await states.read();
    return next.value?.state === "failed" && next.value;
  }, "it fails");
  await front.close();
  expect(detail).toBe("program cannot be started: not found");
  expect(warn.mock.calls.flat().join()).toContain("no-such-program: command not found");
});
