import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { StateLog } from "../../src/camera/state-log.ts";
import { silent } from "../../src/log.ts";
import type { TrackState } from "../../src/relay/state.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A log, and how to write states into it at their seconds. */
function stage() {
  const lines: string[] = [];
  const note = (message: string, { state, cause }: Record<string, unknown> = {}) =>
    void lines.push(message.replace("{camera} ", "").replace("{state}", `${state}`).replace("{cause}", `${cause}`));
  const log = new StateLog("front", { ...silent, info: note, warn: note });
  const write = (state: TrackState["state"], cause: string | null = null) =>
    log.write({ state, detail: null, cause, since: 0 });
  return { lines, write, pass: (seconds: number) => void vi.advanceTimersByTime(1000 * seconds) };
}

it("A camera that stays down is logged when it fails, then at 1, 2, 4 and 8 minutes with the count", () => {
  const { lines, write, pass } = stage();
  for (let second = 0; second < 600; second += 20) {
    write("failed", "connection refused");
    write("starting");
    pass(20);
  }
  expect(lines).toEqual([
    "failed: connection refused",
    "failed: connection refused (and 2 times more in the last 1 min)",
    "failed: connection refused (and 2 times more in the last 2 min)",
    "failed: connection refused (and 5 times more in the last 4 min)",
    "failed: connection refused (and 11 times more in the last 8 min)",
  ]);
});

it("Another reason is logged at once, whatever its numbers, and what is live behind the last failure", () => {
  const { lines, write, pass } = stage();
  write("live");
  write("restarting", "no data for 10 s");
  write("live");
  write("restarting", "no data for 10.2 s");
  write("live");
  write("failed", "wrong password");
  write("live");
  expect(lines).toEqual(["live", "restarting: no data for 10 s", "live", "failed: wrong password", "live"]);
  pass(61);
  write("restarting", "no data for 10 s");
  expect(lines.at(-1)).toBe("restarting: no data for 10 s");
});
