import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Frame } from "../../src/media/frame.ts";
import { AckPacer } from "../../src/pacing/ack-pacer.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const frame = (sequence: number): Frame => ({
  data: new Uint8Array(),
  sequence,
  timestamp: 0,
  arrival: performance.now(),
  width: 0,
  height: 0,
});

/** Plays a camera at 30 fps to a viewer that draws what a link brings it and acknowledges that. */
async function play({
  rate,
  trip,
  tells = true,
  seconds = 10,
  bytes = 50_000,
}: {
  rate: (at: number) => number;
  trip: number;
  tells?: boolean;
  seconds?: number;
  bytes?: number;
}) {
  const pace = new AckPacer({ stallAfter: 10_000, onStall: () => {} });
  const sent: { at: number; age: number }[] = [];
  const start = performance.now();
  let newest: Frame | undefined;
  let open = true;
  let freeAt = 0;
  const take = () => {
    if (!open || !newest) return;
    open = false;
    const mine = newest;
    newest = undefined;
    const now = performance.now();
    const begin = Math.max(now, freeAt);
    freeAt = begin + bytes / rate((now - start) / 1000);
    sent.push({ at: (now - start) / 1000, age: begin + trip / 2 - mine.arrival });
    pace.sent(bytes, mine, "a");
    setTimeout(() => pace.acknowledge("a", mine.sequence, tells ? trip : undefined), freeAt + trip - now);
    const wait = pace.ready();
    const again = () => {
      open = true;
      take();
    };
    if (wait) void wait.then(again);
    else again();
  };
  for (let n = 0; n < seconds * 30; n++) {
    newest = frame(n);
    take();
    await vi.advanceTimersByTimeAsync(1000 / 30);
  }
  pace.close();
  const between = (from: number, to: number) => sent.filter(({ at }) => at >= from && at < to);
  return { pace, between, most: (from: number, to: number) => Math.max(...between(from, to).map(({ age }) => age)) };
}

describe("AckPace", () => {
  it("keeps a viewer on a slow link within 0.15 s of the camera, and the link full", async () => {
    const { between, most } = await play({ rate: () => 200, trip: 40 });
    expect(most(2, 10)).toBeLessThan(150);
    expect(between(2, 10).length * 50_000).toBeGreaterThan(0.95 * 200 * 8000);
  });

  it("keeps a long, fast path full for a viewer that tells its round trip", async () => {
    expect((await play({ rate: () => 6250, trip: 100 })).between(3, 10).length).toBeGreaterThanOrEqual(209);
  });

  it("sends one or two frames a round trip to a viewer that does not tell, and keeps it within a fifth of a second", async () => {
    const long = await play({ rate: () => 6250, trip: 100, tells: false });
    expect(long.between(3, 10).length).toBeGreaterThan(55);
    const slow = await play({ rate: () => 200, trip: 40, tells: false });
    expect(slow.most(2, 10)).toBeLessThan(200);
  });

  it("keeps a viewer that reads slowly within its one frame", async () => {
    const { most, pace } = await play({ rate: () => 200, trip: 0.5, bytes: 100_000 });
    expect(most(2, 10)).toBeLessThan(60);
    expect(pace.lag).toBeLessThan(600);
  });

  it("notices within three seconds that a link fades", async () => {
    const { most, between } = await play({ rate: (at) => (at < 5 ? 5000 : 200), trip: 40, seconds: 15 });
    expect(between(2, 5)).toHaveLength(90);
    expect(most(8, 15)).toBeLessThan(150);
  });

  it("takes an acknowledgement for all frames sent before, and ignores one for a frame it never sent", async () => {
    const pace = new AckPacer({ stallAfter: 10_000, onStall: () => {} });
    for (const n of [1, 2, 3]) pace.sent(1000, frame(n), "a");
    pace.acknowledge("b", 99);
    pace.acknowledge("a", 0);
    expect(pace.lag).toBeUndefined();
    await vi.advanceTimersByTimeAsync(100);
    pace.acknowledge("a", 3);
    pace.acknowledge("a", 3);
    expect(pace.ready()).toBeUndefined();
    expect(pace.lag).toBe(100);
    pace.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("says when no acknowledgement came for ten seconds, and not while one does", async () => {
    const onStall = vi.fn();
    const pace = new AckPacer({ stallAfter: 10_000, onStall });
    for (let n = 0; n < 5; n++) {
      pace.sent(1000, frame(n), "a");
      await vi.advanceTimersByTimeAsync(6000);
      pace.acknowledge("a", n);
    }
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onStall).not.toHaveBeenCalled();
    pace.sent(1000, frame(9), "a");
    await vi.advanceTimersByTimeAsync(10_100);
    expect(onStall).toHaveBeenCalledTimes(1);
    pace.close();
  });
});
