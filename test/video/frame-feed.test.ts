import { describe, expect, it, onTestFinished } from "vitest";
import type { Failure } from "../../src/failure.ts";
import type { Frame } from "../../src/media/frame.ts";
import { FrameFeed } from "../../src/video/frame-feed.ts";
import type { TimedFrame } from "../../src/video/matroska.ts";
import { pause } from "../fixtures/machine.ts";
import { until } from "../fixtures/until.ts";

const frame = (sequence: number, more: Partial<Frame> = {}): Frame => {
  const arrival = performance.now();
  return { data: new Uint8Array(3), sequence, timestamp: arrival * 1000, arrival, width: 8, height: 8, ...more };
};

/** A feed whose frames the test gives, and whose reader takes all it can get. */
function feeding(options: { readonly deadline?: number } = {}) {
  let give: ReadableStreamDefaultController<Frame> | undefined;
  let cancelled = false;
  const frames = new ReadableStream<Frame>({
    start(controller) {
      give = controller;
    },
    cancel() {
      cancelled = true;
    },
  });
  const failures: Failure[] = [];
  const feed = new FrameFeed(frames, { ...options, onFailure: (failure) => failures.push(failure) });
  const got: TimedFrame[] = [];
  const reader = feed.readable.getReader();
  const done = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return "closed";
      got.push(value);
    }
  })().catch((error) => error);
  onTestFinished(() => reader.cancel().catch(() => {})); // it may have failed
  return {
    feed,
    got,
    done,
    failures,
    give: (one: Frame) => give?.enqueue(one),
    close: () => give?.close(),
    isCancelled: () => cancelled,
    times: () => got.map(({ time }) => time),
    count: (count: number) => until(() => got.length >= count, `${count} frames are given`),
  };
}

describe("FrameFeed", () => {
  it("gives two frames, and another for each that comes back", async () => {
    const { feed, got, give, count } = feeding();
    for (let n = 0; n < 4; n++) give(frame(n));
    await count(2);
    await pause(50);
    expect(got).toHaveLength(2);
    expect(feed.take(got[0]?.time ?? -1)?.sequence).toBe(0);
    await count(3);
    expect(feed.take(got[1]?.time ?? -1)?.sequence).toBe(1);
    expect(feed.take(got[2]?.time ?? -1)?.sequence).toBe(2);
    await count(4);
    expect(feed.take(12345)).toBeUndefined();
  });

  it("takes those as lost that were given before one that comes back", async () => {
    const { feed, got, give, count } = feeding();
    for (let n = 0; n < 4; n++) give(frame(n));
    await count(2);
    expect(feed.take(got[1]?.time ?? -1)?.sequence).toBe(1);
    expect(feed.take(got[0]?.time ?? -1)).toBeUndefined();
    await count(4);
  });

  it("gives even times that rise, also to frames that arrive together", async () => {
    const { feed, give, count, times } = feeding();
    const arrival = performance.now();
    for (let n = 0; n < 10; n++) {
      give(frame(n, { arrival: arrival + (n < 5 ? 0 : 100 * n) }));
      await count(n + 1);
      feed.take(times().at(-1) ?? -1);
    }
    expect(times()).toEqual([0, 2, 4, 6, 8, 500, 600, 700, 800, 900]);
  });

  it("gives the next frame an odd time when a key is wanted, and no two of them within half a second", async () => {
    const { feed, got, give, count, times } = feeding();
    const keys: { number: number; at: number }[] = [];
    let number = 0;
    const start = performance.now();
    while (performance.now() - start < 1600) {
      feed.requestKey();
      give(frame(number++));
      await count(number);
      const time = times().at(-1) ?? -1;
      if (time % 2 === 1) keys.push({ number, at: performance.now() });
      feed.take(time);
      await pause(20);
    }
    expect(got[0]?.time).toBe(0); // a key by itself
    expect(keys.length).toBeGreaterThanOrEqual(1);
    expect(keys.length).toBeLessThanOrEqual(3);
    for (const [n, { at }] of keys.entries()) expect(at - (keys[n - 1]?.at ?? start)).toBeGreaterThan(480);
  });

  it("gives the last frame again for a key, when no other comes", async () => {
    const { feed, got, give, count } = feeding();
    give(frame(7));
    await count(1);
    feed.take(0);
    feed.requestKey();
    await count(2);
    expect(got[1]?.frame).toBe(got[0]?.frame);
    expect((got[1]?.time ?? 0) % 2).toBe(1);
    expect(feed.take(got[1]?.time ?? -1)?.sequence).toBe(7);
    give(frame(8));
    await count(3);
    expect(got).toHaveLength(3);
  });

  it("goes on when frames do not come back, and fails when none does", async () => {
    const { got, give, count, failures, isCancelled, done } = feeding({ deadline: 1500 });
    for (let n = 0; n < 4; n++) give(frame(n));
    await count(3); // after a second
    await until(() => failures.length > 0, "it fails");
    expect(failures.map(({ message }) => message)).toEqual(["ffmpeg has not coded a picture within 1.5 s"]);
    expect(isCancelled()).toBe(true);
    await done;
    expect(got.length).toBeLessThanOrEqual(4);
  });

  it("fails when the size changes", async () => {
    const { give, count, failures, done } = feeding();
    give(frame(1));
    await count(1);
    give(frame(2, { width: 16 }));
    expect(await done).toBe(failures[0]);
    expect(failures[0]?.message).toBe("the size of the pictures has changed to 16x8");
  });

  it("closes when the frames end, and cancels them when it is cancelled", async () => {
    const one = feeding();
    one.close();
    expect(await one.done).toBe("closed");
    expect(one.feed.isClosed).toBe(true);
    const other = feeding();
    other.give(frame(1));
    await other.count(1);
    expect(other.isCancelled()).toBe(false);
  });
});
