import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Server } from "../../src/adapter/serve.ts";
import { CameraRegistry } from "../../src/camera/registry.ts";
import { gracefulShutdown } from "../../src/cli/shutdown.ts";
import { silent } from "../../src/log.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each(["a connection", "a camera", "systemd"])(
  "The program exits with 0 within five seconds though %s never ends, and another process sees to it",
  async (stuck) => {
    const never = new Promise<void>(() => {});
    const exits: number[] = [];
    const deadlines: number[] = [];
    const registry = new CameraRegistry({ log: silent, start: () => expect.unreachable() });
    if (stuck === "a camera") registry.close = () => never;
    const server: Server = { port: 0, close: async () => await (stuck === "a connection" ? never : undefined) };
    const stop = gracefulShutdown({
      server,
      registry,
      systemd: { ready() {}, stopping: async () => await (stuck === "systemd" ? never : undefined) },
      shutdown: new AbortController(),
      exit: (code) => void exits.push(code),
      killAfter: (milliseconds) => void deadlines.push(milliseconds),
      log: silent,
    });
    stop("SIGTERM");
    expect(deadlines).toHaveLength(1);
    expect(deadlines[0]).toBeLessThan(5000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(exits).toEqual([]);
    await vi.advanceTimersByTimeAsync(4000);
    expect(exits).toEqual([0]);
  },
);
