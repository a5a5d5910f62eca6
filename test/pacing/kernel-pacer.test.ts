import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KernelPacer } from "../../src/pacing/kernel-pacer.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const sendBuffer = 400_000; // bytes that a kernel takes before it says no

/** A path: bytes leave a queue at a rate, and are acknowledged a round trip after they have left. */
class Link {
  rate: number; // bytes a millisecond
  readonly trip: number; // milliseconds
  #sent: { at: number; bytes: number }[] = [];
  #departures: { at: number; bytes: number }[] = [];
  #freeAt = 0;

  constructor(rate: number, trip: number) {
    this.rate = rate;
    this.trip = trip;
  }

  /** When the frame's first byte arrives. */
  send(bytes: number): number {
    const now = performance.now();
    const begin = Math.max(now, this.#freeAt);
    this.#sent.push({ at: now, bytes });
    for (let left = bytes; left > 0; left -= 1500) {
      this.#freeAt = Math.max(now, this.#freeAt) + Math.min(left, 1500) / this.rate;
      this.#departures.push({ at: this.#freeAt, bytes: Math.min(left, 1500) });
    }
    return begin + this.trip / 2;
  }

  /** Settles when the kernel has room for more, undefined if it has at once. */
  room(): Promise<void> | undefined {
    const backlog = (this.#freeAt - performance.now()) * this.rate;
    return backlog > sendBuffer
      ? new Promise((resolve) => setTimeout(resolve, (backlog - sendBuffer) / this.rate))
      : undefined;
  }

  /** Returns bytes that are not acknowledged, as a kernel does. */
  queue = (): { unacknowledged: number } => {
    const now = performance.now();
    this.#departures = this.#departures.filter(({ at }) => at + this.trip > now);
    return { unacknowledged: this.#departures.reduce((sum, { bytes }) => sum + bytes, 0) };
  };
}

/** Plays a camera to one viewer over a link, and tells for each frame sent when, how old at arrival, and how many were left out. */
async function play(
  link: Link,
  {
    seconds,
    fps = 30,
    bytes = 50_000,
    each = () => {},
  }: { seconds: number; fps?: number; bytes?: number; each?: (second: number) => void },
) {
  const pace = new KernelPacer({ connection: { queue: link.queue }, stallAfter: 10_000, onStall: () => {} });
  const frames: { at: number; age: number }[] = [];
  let newest: number | undefined; // arrival of the frame in the slot
  let open = true;
  let left = 0;
  const start = performance.now();
  const send = () => {
    if (newest === undefined) return;
    const arrived = link.send(bytes);
    frames.push({ at: (performance.now() - start) / 1000, age: arrived - newest });
    pace.sent(bytes, { sequence: frames.length, arrival: newest });
    newest = undefined;
    const room = link.room();
    if (room) void room.then(want);
    else want();
  };
  const give = () => {
    if (!open || newest === undefined) return;
    open = false;
    const wait = pace.ready();
    if (wait) void wait.then(send);
    else send();
  };
  const want = () => {
    open = true;
    pace.requested?.();
    give();
  };
  for (let n = 0; n < seconds * fps; n++) {
    if (n % fps === 0) each(n / fps);
    if (newest !== undefined) left++;
    newest = performance.now();
    give();
    await vi.advanceTimersByTimeAsync(1000 / fps);
  }
  pace.close();
  const late = (from: number) =>
    frames
      .filter(({ at }) => at >= from)
      .map(({ age }) => age)
      .sort((a, b) => a - b);
  return {
    frames,
    left,
    pace,
    median: (from: number) => late(from)[late(from).length >> 1] ?? 0,
    most: (from: number) => late(from).at(-1) ?? 0,
  };
}

describe("Pace by the kernel's queue", () => {
  it("keeps a viewer on a slow link within a tenth of a second of the camera, and the link full", async () => {
    const link = new Link(200, 40); // 1.6 Mbit/s
    const { frames, median, most } = await play(link, { seconds: 20 });
    expect(median(2)).toBeLessThan(100);
    expect(most(2)).toBeLessThan(200);
    const late = frames.filter(({ at }) => at >= 2).length;
    expect((late * 50_000) / 18_000).toBeGreaterThan(0.95 * 200);
  });

  it("keeps a long, fast path full: 100 ms, 50 Mbit/s, every frame", async () => {
    const { frames, most } = await play(new Link(6250, 100), { seconds: 20 });
    const late = frames.filter(({ at }) => at >= 3).length;
    expect(late).toBeGreaterThanOrEqual(17 * 30 - 1);
    expect(most(3)).toBeLessThan(100);
  });

  it("notices within three seconds that a link fades, and that it is back", async () => {
    const link = new Link(5000, 40);
    const each = (second: number) => {
      if (second === 10) link.rate = 200;
      if (second === 20) link.rate = 5000;
    };
    const { frames } = await play(link, { seconds: 30, each });
    const between = (from: number, to: number) => frames.filter(({ at }) => at >= from && at < to);
    expect(between(5, 10)).toHaveLength(150);
    expect(Math.max(...between(13, 20).map(({ age }) => age))).toBeLessThan(400);
    expect(between(13, 20).length).toBeGreaterThan(0.9 * 7 * 4);
    expect(between(25, 30).length).toBeGreaterThanOrEqual(148);
  });

  it("lets a viewer on a short path have every frame, and waits for nothing", async () => {
    const link = new Link(100_000, 0.2);
    const { frames, pace, most } = await play(link, { seconds: 10 });
    expect(frames.length).toBeGreaterThanOrEqual(299);
    expect(most(0)).toBeLessThan(1);
    expect(pace.lag).toBeLessThan(5);
  });

  it("knows how old the newest frame is that has come", async () => {
    const { pace } = await play(new Link(200, 40), { seconds: 10 });
    expect(pace.lag).toBeGreaterThan(250); // its own way through the link
    expect(pace.lag).toBeLessThan(450);
  });
});

describe("A pacer that asks the kernel seldom", () => {
  it("lets messages go meanwhile, and waits when an answer says that there is no room", async () => {
    let asked = 0;
    let unacknowledged = 0;
    const queue = () => {
      asked++;
      return { unacknowledged };
    };
    const pace = new KernelPacer({ connection: { queue }, stallAfter: 10_000, onStall: () => {}, queryInterval: 100 });
    const send = async () => {
      const before = asked;
      const wait = pace.ready();
      const own = asked - before; // without the looks that follow a message on its way
      if (!wait) pace.sent(100, { sequence: 0, arrival: performance.now() });
      await vi.advanceTimersByTimeAsync(10);
      return [own, wait !== undefined];
    };
    expect(await send()).toEqual([1, false]);
    for (let n = 0; n < 9; n++) expect(await send()).toEqual([0, false]);
    expect(await send()).toEqual([1, false]);
    unacknowledged = 4_000_000;
    for (let n = 0; n < 9; n++) expect(await send()).toEqual([0, false]);
    expect(await send()).toEqual([1, true]);
    pace.close();
    await vi.advanceTimersByTimeAsync(1000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a viewer that makes no progress", () => {
  const stalls = (connection: ConstructorParameters<typeof KernelPacer>[0]["connection"]) => {
    const onStall = vi.fn();
    return { onStall, pace: new KernelPacer({ connection, stallAfter: 10_000, onStall }) };
  };

  it("has stalled after ten seconds, whether its kernel tells or not", async () => {
    for (const connection of [{ queue: () => ({ unacknowledged: 50_000 }) }, {}]) {
      const { onStall, pace } = stalls(connection);
      pace.sent(50_000, { sequence: 0, arrival: performance.now() });
      if (connection.queue) void pace.ready();
      await vi.advanceTimersByTimeAsync(9_900);
      expect(onStall).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(300);
      expect(onStall).toHaveBeenCalledTimes(1);
      pace.close();
    }
  });

  it("has not while it takes a little, nor while nothing is sent to it", async () => {
    let queued = 5_000_000;
    const slow = stalls({ queue: () => ({ unacknowledged: queued-- }) });
    slow.pace.sent(5_000_000, { sequence: 0, arrival: performance.now() });
    void slow.pace.ready();
    const idle = stalls({ queue: () => ({ unacknowledged: 0 }) });
    idle.pace.sent(50_000, { sequence: 0, arrival: performance.now() });
    await idle.pace.ready();
    const drained = stalls({});
    drained.pace.sent(50_000, { sequence: 0, arrival: performance.now() });
    drained.pace.requested();
    await vi.advanceTimersByTimeAsync(60_000);
    for (const { onStall, pace } of [slow, idle, drained]) {
      expect(onStall).not.toHaveBeenCalled();
      pace.close();
    }
  });

  it("leaves no timer when it leaves", async () => {
    const { pace } = stalls({ queue: () => ({ unacknowledged: 50_000 }) });
    pace.sent(50_000, { sequence: 0, arrival: performance.now() });
    const ready = pace.ready();
    await vi.advanceTimersByTimeAsync(50);
    pace.close();
    await vi.advanceTimersByTimeAsync(200);
    await ready;
    expect(vi.getTimerCount()).toBe(0);
  });
});
