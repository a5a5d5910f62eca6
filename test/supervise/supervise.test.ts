import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Demand } from "../../src/supervise/demand.ts";
import type { Change } from "../../src/supervise/run.ts";
import { supervise } from "../../src/supervise/supervise.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Returns a run whose chunks and end the test controls. */
function run() {
  let controller: ReadableStreamDefaultController<string> | undefined;
  const cancelled: unknown[] = [];
  const stream = new ReadableStream<string>({
    start: (c) => {
      controller = c;
    },
    cancel: (reason) => {
      cancelled.push(reason);
    },
  });
  if (!controller) throw new Error("start was not called");
  return { stream, controller, cancelled };
}

/** Returns a source of these runs, and records their signals and changes of phase. */
function runs(...first: Array<ReturnType<typeof run> | Error>) {
  const waiting = [...first];
  const signals: AbortSignal[] = [];
  const changes: Change[] = [];
  const start = async (signal: AbortSignal) => {
    signals.push(signal);
    const next = waiting.shift() ?? new Error("no run left");
    if (next instanceof Error) throw next;
    return next.stream;
  };
  const onChange = (change: Change) => void changes.push(change);
  return { start, signals, changes, onChange, phases: () => changes.map(({ phase }) => phase) };
}

const read = async (reader: ReadableStreamDefaultReader<string>) => (await reader.read()).value;

describe("supervise", () => {
  it("goes on with the next run when one ends, errors or cannot start, chunks in order", async () => {
    const [a, b, c] = [run(), run(), run()];
    const source = runs(a, b, new Error("not now"), c);
    const reader = supervise(source.start, source).getReader();
    a.controller.enqueue("a");
    expect(await read(reader)).toBe("a");
    a.controller.close();
    b.controller.enqueue("b");
    const second = read(reader);
    await vi.advanceTimersByTimeAsync(500);
    expect(await second).toBe("b");
    b.controller.error(new Error("died"));
    c.controller.enqueue("c");
    const third = read(reader);
    await vi.advanceTimersByTimeAsync(3500);
    expect(await third).toBe("c");
    expect(source.changes).toEqual([
      { phase: "starting" },
      { phase: "live" },
      { phase: "restarting", detail: "stream ended", cause: "stream ended" },
      { phase: "starting" },
      { phase: "live" },
      { phase: "restarting", cause: "died" },
      { phase: "starting" },
      { phase: "failed", cause: "not now" },
      { phase: "starting" },
      { phase: "live" },
    ]);
  });

  it("aborts a run's signal when the run is over, however it ended", async () => {
    const [a, b] = [run(), run()];
    const source = runs(a, b);
    const stream = supervise(source.start, source);
    const reader = stream.getReader();
    const pending = read(reader);
    await vi.advanceTimersByTimeAsync(0);
    expect(source.signals[0]?.aborted).toBe(false);
    a.controller.close();
    await vi.advanceTimersByTimeAsync(500);
    expect(source.signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    await reader.cancel();
    expect(await pending).toBeUndefined();
    expect(source.signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it("waits longer and longer, at random, up to 30 s, and not at all after a run with data", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const failures = Array.from({ length: 9 }, () => new Error("no"));
    const healthy = run();
    const source = runs(...failures, healthy, new Error("again"));
    const reader = supervise(source.start, source).getReader();
    const first = read(reader);
    const delays: number[] = [];
    for (let n = 1; n < 10; n++) {
      const before = performance.now();
      while (source.signals.length <= n) await vi.advanceTimersByTimeAsync(100);
      delays.push(Math.round((performance.now() - before) / 100) * 100);
    }
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    healthy.controller.enqueue("up");
    expect(await first).toBe("up");
    await vi.advanceTimersByTimeAsync(600);
    healthy.controller.close();
    void read(reader);
    const before = source.signals.length;
    await vi.advanceTimersByTimeAsync(1);
    expect(source.signals.length).toBe(before + 1);
    await vi.advanceTimersByTimeAsync(498);
    expect(source.signals.length).toBe(before + 1);
    await vi.advanceTimersByTimeAsync(2); // the delay has begun anew, too
    expect(source.signals.length).toBe(before + 2);
    await reader.cancel();
  });

  it("makes at most two attempts a second, however short the runs with data are", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const flashes = Array.from({ length: 100 }, () => run());
    for (const { controller } of flashes) {
      controller.enqueue("flash");
      controller.close();
    }
    const source = runs(...flashes);
    const reader = supervise(source.start, source).getReader();
    void (async () => {
      while (!(await reader.read()).done);
    })();
    await vi.advanceTimersByTimeAsync(9_900);
    expect(source.signals.length).toBe(20);
    await reader.cancel();
  });

  it("waits as long as an error asks for, whoever comes, and no longer", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const busy = Object.assign(new Error("busy"), { retryAfter: 20_000 });
    const source = runs(busy, new Error("again"));
    const demand = new Demand();
    const reader = supervise(source.start, { ...source, demand }).getReader();
    void read(reader);
    await vi.advanceTimersByTimeAsync(19_000);
    demand.acquire();
    await vi.advanceTimersByTimeAsync(900);
    expect(source.signals.length).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(source.signals.length).toBe(2);
    await reader.cancel();
  });

  it("gives a source that tells its period five of these", async () => {
    const a = run();
    const source = runs(a);
    const reader = supervise(source.start, { ...source, period: () => 30_000 }).getReader();
    a.controller.enqueue("a");
    await read(reader);
    void read(reader);
    await vi.advanceTimersByTimeAsync(149_000);
    expect(source.phases()).toEqual(["starting", "live"]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(source.phases()).toEqual(["starting", "live", "stalled"]);
    await reader.cancel();
  });

  it("does not end a stalled run while its source shows to be alive", async () => {
    const a = run();
    const source = runs(a);
    let isAlive = true;
    let aliveAt = 0;
    const timer = setInterval(() => {
      if (isAlive) aliveAt = performance.now();
    }, 100);
    const reader = supervise(source.start, { ...source, lastSign: () => aliveAt }).getReader();
    a.controller.enqueue("a");
    await read(reader);
    void read(reader);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(source.phases()).toEqual(["starting", "live", "stalled"]);
    expect(a.cancelled).toEqual([]);
    isAlive = false;
    await vi.advanceTimersByTimeAsync(10_200);
    expect(a.cancelled).toHaveLength(1);
    clearInterval(timer);
    await reader.cancel();
  });

  it("says stalled after 5 s of silence and ends the run after 10 s", async () => {
    const [a, b] = [run(), run()];
    const source = runs(a, b);
    const reader = supervise(source.start, source).getReader();
    a.controller.enqueue("a");
    await read(reader);
    void read(reader);
    await vi.advanceTimersByTimeAsync(4900);
    expect(source.phases()).toEqual(["starting", "live"]);
    await vi.advanceTimersByTimeAsync(200);
    expect(source.changes.at(-1)).toEqual({ phase: "stalled", detail: "no data for 5 s", cause: "no data for 5 s" });
    await vi.advanceTimersByTimeAsync(4900);
    expect(a.cancelled).toHaveLength(1);
    expect(source.phases()).toContain("restarting");
    await reader.cancel();
  });

  it("is live again when a stalled run goes on", async () => {
    const a = run();
    const source = runs(a);
    const reader = supervise(source.start, source).getReader();
    a.controller.enqueue("a");
    await read(reader);
    const next = read(reader);
    await vi.advanceTimersByTimeAsync(6000);
    a.controller.enqueue("b");
    expect(await next).toBe("b");
    expect(source.phases()).toEqual(["starting", "live", "stalled", "live"]);
    await reader.cancel();
  });

  it("gives a slow source five of its periods", async () => {
    const a = run();
    const source = runs(a);
    const reader = supervise(source.start, source).getReader();
    for (let n = 0; n < 60; n++) {
      a.controller.enqueue("slow");
      await read(reader);
      await vi.advanceTimersByTimeAsync(4000);
    }
    void read(reader);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(source.phases()).toEqual(["starting", "live"]);
    await vi.advanceTimersByTimeAsync(6000);
    expect(source.phases()).toEqual(["starting", "live", "stalled"]);
    await reader.cancel();
  });

  it("takes the first period as it is, so that two chunks tell a slow source", async () => {
    const a = run();
    const source = runs(a);
    const reader = supervise(source.start, source).getReader();
    a.controller.enqueue("a");
    await read(reader);
    await vi.advanceTimersByTimeAsync(9000);
    a.controller.enqueue("b");
    await read(reader);
    void read(reader);
    await vi.advanceTimersByTimeAsync(44_000);
    expect(source.phases()).toEqual(["starting", "live", "stalled", "live"]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(source.phases().at(-1)).toBe("stalled");
    await reader.cancel();
  });

  it("does not end a stalled run that gives signs of life, and ends it when they stop", async () => {
    const a = run();
    const source = runs(a);
    let isAlive = true;
    let sign = 0;
    const lastSign = () => {
      if (isAlive) sign = performance.now();
      return sign;
    };
    const reader = supervise(source.start, { ...source, lastSign }).getReader();
    a.controller.enqueue("a");
    await read(reader);
    void read(reader);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(source.phases()).toEqual(["starting", "live", "stalled"]);
    isAlive = false;
    await vi.advanceTimersByTimeAsync(25_000);
    expect(source.phases()).toContain("restarting");
    await reader.cancel();
  });

  it("never ends a run whose silence means nothing, and it is live again with its next chunk", async () => {
    const a = run();
    const source = runs(a);
    const reader = supervise(source.start, { ...source, lastSign: () => Number.POSITIVE_INFINITY }).getReader();
    a.controller.enqueue("a");
    await read(reader);
    const next = read(reader);
    await vi.advanceTimersByTimeAsync(3_600_000);
    a.controller.enqueue("b");
    expect(await next).toBe("b");
    expect(source.phases()).toEqual(["starting", "live", "stalled", "live"]);
    await reader.cancel();
  });

  it("does not count the time before the first chunk in which there were signs of life", async () => {
    const a = run();
    const source = runs(a);
    let sign = 0;
    const reader = supervise(source.start, { ...source, lastSign: () => sign }).getReader();
    const first = read(reader);
    for (let second = 0; second < 30; second++) {
      sign = performance.now();
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(source.phases()).toEqual(["starting"]);
    a.controller.enqueue("a");
    expect(await first).toBe("a");
    await reader.cancel();
  });

  it("ends a run that starts and never gives anything, and one that never starts", async () => {
    const never = () => new Promise<ReadableStream<string>>(() => {});
    const changes: Change[] = [];
    const reader = supervise(never, { onChange: (change) => void changes.push(change) }).getReader();
    void read(reader);
    await vi.advanceTimersByTimeAsync(10_100); // by chance the next run has started already
    expect(changes.map(({ phase }) => phase).slice(0, 3)).toEqual(["starting", "stalled", "failed"]);
    await reader.cancel();
  });

  it("cancels a run that opens after it was ended", async () => {
    const late = run();
    const opened: ((stream: ReadableStream<string>) => void)[] = [];
    const reader = supervise(
      () => new Promise<ReadableStream<string>>((resolve) => void opened.push(resolve)),
    ).getReader();
    void read(reader);
    await vi.advanceTimersByTimeAsync(10_100);
    opened[0]?.(late.stream); // by then another run may have begun
    await vi.advanceTimersByTimeAsync(0);
    expect(late.cancelled).toHaveLength(1);
    await reader.cancel();
  });

  it("awaits a writer without a deadline, and the next one at once", async () => {
    const [a, b] = [run(), run()];
    let arrive = (_: ReadableStream<string>) => {};
    const source = runs();
    const start = (signal: AbortSignal) => {
      source.signals.push(signal);
      return new Promise<ReadableStream<string>>((resolve) => (arrive = resolve));
    };
    const reader = supervise(start, { awaited: true, onChange: source.onChange }).getReader();
    const first = read(reader);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(source.phases()).toEqual(["waiting"]);
    arrive(a.stream);
    a.controller.enqueue("a");
    expect(await first).toBe("a");
    a.controller.close();
    const second = read(reader);
    await vi.advanceTimersByTimeAsync(0);
    expect(source.phases()).toEqual(["waiting", "starting", "live", "waiting"]);
    arrive(b.stream);
    b.controller.enqueue("b");
    expect(await second).toBe("b");
    await reader.cancel();
  });

  it("closes when a finite run ends well, and goes on when it ends badly", async () => {
    const [a, b] = [run(), run()];
    const source = runs(a, b);
    const reader = supervise(source.start, { ...source, finite: true }).getReader();
    a.controller.error(new Error("crashed"));
    const next = reader.read();
    await vi.advanceTimersByTimeAsync(500);
    b.controller.enqueue("b");
    expect(await next).toEqual({ done: false, value: "b" });
    b.controller.close();
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    expect(source.phases().at(-1)).toBe("ended");
  });

  it("ends its run, a wait for one and a delay at once when it is cancelled, and leaves no timer", async () => {
    const a = run();
    const running = supervise(runs(a).start).getReader();
    a.controller.enqueue("a");
    await read(running);
    await running.cancel("enough");
    expect(a.cancelled).toEqual(["enough"]);

    const starting = supervise<string>(() => new Promise(() => {})).getReader();
    const pending = read(starting);
    await vi.advanceTimersByTimeAsync(0);
    await starting.cancel();
    expect(await pending).toBeUndefined();

    const delayed = supervise<string>(() => Promise.reject(new Error("no"))).getReader();
    void read(delayed);
    await vi.advanceTimersByTimeAsync(0);
    await delayed.cancel();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
