import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Demand } from "../../src/supervise/demand.ts";
import type { Change } from "../../src/supervise/run.ts";
import { type SuperviseOptions, supervise } from "../../src/supervise/supervise.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Supervises runs that yield a letter every 100 ms, or fail at once, and reads them all the time. */
function start(options: SuperviseOptions<string> & { readonly fails?: boolean }) {
  const changes: Change[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const chunks: string[] = [];
  const startedAt = performance.now();
  const now = () => Math.round(performance.now() - startedAt);
  const stream = supervise<string>(
    (signal) => {
      starts.push(now());
      if (options.fails) throw new Error("no such device");
      const letter = String.fromCharCode(96 + starts.length);
      let timer: ReturnType<typeof setInterval> | undefined;
      signal.addEventListener("abort", () => void ends.push(now()));
      return new ReadableStream<string>({
        start(controller) {
          timer = setInterval(() => controller.enqueue(letter), 100);
        },
        cancel: () => clearInterval(timer),
      });
    },
    { ...options, onChange: (change) => void changes.push(change) },
  );
  const reader = stream.getReader();
  const finished = (async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
  })();
  const end = async () => {
    await reader.cancel();
    await finished;
  };
  return { changes, starts, ends, chunks, end, phases: () => changes.map(({ phase }) => phase) };
}

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

describe("What is on demand", () => {
  it("runs from the first who comes until a while after the last has left, and again when another comes", async () => {
    const demand = new Demand({ idleTimeout: 2000 });
    const { starts, ends, chunks, phases, end } = start({ demand });
    await pass(10_000);
    expect([starts, phases()]).toEqual([[], ["idle"]]);
    const [first, second] = [demand.acquire(), demand.acquire()];
    await pass(1050);
    first();
    first();
    await pass(5000);
    expect([starts, ends, demand.size]).toEqual([[10_000], [], 1]);
    second();
    expect(demand.wanted).toBe(true);
    await pass(1950);
    expect(phases().at(-1)).toBe("live");
    await pass(100);
    expect([ends, phases().at(-1), demand.wanted]).toEqual([[18_050], "idle", false]);
    await pass(5000);
    const third = demand.acquire();
    await pass(1050);
    expect(starts).toEqual([10_000, 23_100]);
    expect(phases()).toEqual(["idle", "starting", "live", "idle", "starting", "live"]);
    expect(new Set(chunks)).toEqual(new Set(["a", "b"]));
    third();
    await end();
  });

  it("goes on without a pause when somebody comes while it lingers", async () => {
    const demand = new Demand({ idleTimeout: 1000 });
    const { starts, ends, end } = start({ demand });
    for (let time = 0; time < 5; time++) {
      const leave = demand.acquire();
      await pass(500);
      leave();
      await pass(900);
    }
    expect([starts, ends]).toEqual([[0], []]);
    await end();
  });

  it("is not started anew when all have left while it waits for its next attempt", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const demand = new Demand({ idleTimeout: 100 });
    const { starts, phases, end } = start({ demand, fails: true });
    const leave = demand.acquire();
    await pass(100);
    leave();
    await pass(60_000);
    expect(starts).toEqual([0]);
    expect(phases()).toEqual(["starting", "failed", "idle"]);
    await end();
  });

  it("leaves no timer and no run when it is over, idle, running or lingering", async () => {
    for (const when of ["idle", "running", "lingering"]) {
      const demand = new Demand({ idleTimeout: 1000 });
      const { starts, ends, end } = start({ demand });
      const leave = when === "idle" ? () => {} : demand.acquire();
      await pass(500);
      if (when === "lingering") leave();
      await end();
      demand.close();
      leave();
      expect([vi.getTimerCount(), starts.length]).toEqual([0, ends.length]);
    }
  });

  it("lingers for no less than no time", () => {
    expect(() => new Demand({ idleTimeout: -1 })).toThrow("Cannot set idleTimeout to -1 ms: it must be 0 or more");
  });
});

describe("Whoever comes", () => {
  it("makes an attempt at once, whatever the delay, but no more than two are made a second", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const demand = new Demand();
    const { starts, end } = start({ demand, fails: true });
    await pass(20_000);
    expect(starts).toEqual([0, 500, 1500, 3500, 7500, 15_500]);
    demand.acquire();
    await pass(1);
    expect(starts.slice(6)).toEqual([20_000]);
    await pass(99);
    for (let time = 0; time < 20; time++) {
      demand.acquire();
      await pass(100);
    }
    await pass(29_000); // the last one came behind an attempt, and has had one of her own
    expect(starts.slice(7)).toEqual([20_500, 21_000, 21_500, 22_000, 22_500]);
    await end();
  });
});

describe("A deadline", () => {
  it("is another one for the first chunk than for those that follow", async () => {
    let controller: ReadableStreamDefaultController<string> | undefined;
    const changes: [number, string][] = [];
    const start = (c: ReadableStreamDefaultController<string>) => {
      controller = c;
    };
    const reader = supervise<string>(() => new ReadableStream({ start }), {
      firstAfter: 20_000,
      stallAfter: 1000,
      onChange: ({ phase }) => void changes.push([Math.round(performance.now() / 100) * 100, phase]),
    }).getReader();
    const startedAt = Math.round(performance.now() / 100) * 100;
    const next = reader.read();
    await pass(15_000);
    controller?.enqueue("late");
    await next;
    void reader.read();
    await pass(1500);
    expect(changes.map(([at, phase]) => [at - startedAt, phase])).toEqual([
      [0, "starting"],
      [15_000, "live"],
      [16_000, "stalled"],
    ]);
    await reader.cancel();

    const never = supervise<string>(() => new ReadableStream(), {
      firstAfter: 20_000,
      onChange: ({ phase }) => void changes.push([0, phase]),
    }).getReader();
    void never.read();
    await pass(19_900);
    expect(changes.at(-1)?.[1]).toBe("starting");
    await pass(200);
    expect(changes.at(-1)?.[1]).toBe("stalled");
    await pass(19_900);
    expect(changes.at(-1)?.[1]).toBe("failed");
    await never.cancel();
  });
});

describe("A chunk that is not passed on", () => {
  it("counts as data all the same", async () => {
    let count = 0;
    const { chunks, starts, phases, end } = start({
      stallAfter: 1000,
      pass: (chunk) => (++count % 50 === 0 ? `${chunk}${count}` : undefined),
    });
    await pass(20_050);
    expect(chunks).toEqual(["a50", "a100", "a150", "a200"]);
    expect([starts, phases()]).toEqual([[0], ["starting", "live"]]);
    await end();
  });
});
