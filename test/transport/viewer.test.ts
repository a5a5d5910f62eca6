import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Frame } from "../../src/media/frame.ts";
import { FrameRateLimiter } from "../../src/media/frame-rate-limiter.ts";
import { Broadcaster } from "../../src/relay/broadcaster.ts";
import type { Connection } from "../../src/session/connection.ts";
import { Sessions } from "../../src/session/sessions.ts";
import { mjpeg } from "../../src/transport/mjpeg.ts";
import { part } from "../../src/transport/part.ts";
import { snapshot } from "../../src/transport/snapshot.ts";
import { viewerBranch } from "../../src/transport/viewer.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

function frame(sequence: number, timestamp = sequence * 1000): Frame {
  const data = new TextEncoder().encode(`<picture ${sequence}>`);
  return { data, sequence, timestamp, arrival: performance.now(), width: 1, height: 1 };
}

/** A camera's pictures that the test feeds, and one viewer's session. */
function stage(connection: Connection = {}) {
  let controller: ReadableStreamDefaultController<Frame> | undefined;
  const source = new ReadableStream<Frame>({
    start: (c) => {
      controller = c;
    },
  });
  if (!controller) throw new Error("start was not called");
  const pictures = new Broadcaster(source, { track: { camera: "camera", kind: "pictures" } });
  const sessions = new Sessions();
  const session = sessions.create({ transport: "mjpeg", connection });
  return { controller, pictures, sessions, session, viewers: () => sessions.report("camera") };
}

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const encode = ({ data }: Frame) => data;

describe("A viewer's branch", () => {
  it("encodes the newest frame at the moment of reading, and holds none", async () => {
    const { controller, session, pictures, viewers } = stage();
    const encode = ({ sequence }: Frame) => new Uint8Array([sequence]);
    const reader = viewerBranch(pictures, session, { encode }).getReader();
    const first = reader.read();
    await settle();
    controller.enqueue(frame(0));
    expect((await first).value).toEqual(new Uint8Array([0]));
    for (const n of [1, 2, 3]) controller.enqueue(frame(n));
    await settle();
    expect((await reader.read()).value).toEqual(new Uint8Array([3]));
    expect(viewers()[0]).toMatchObject({ sent: 2, dropped: { replaced: 2, rate: 0, age: 0 } });
  });

  it("sends no frame that is older than five seconds, or as the viewer says", async () => {
    for (const maxAge of [undefined, 1000]) {
      const { controller, session, pictures, viewers } = stage();
      const reader = viewerBranch(pictures, session, { encode, maxAge }).getReader();
      const read = reader.read();
      await settle();
      controller.enqueue({ ...frame(0), arrival: performance.now() - (maxAge ?? 5000) - 100 });
      await settle();
      const old = { ...frame(1), arrival: performance.now() - (maxAge ?? 5000) + 500 };
      controller.enqueue(old);
      expect((await read).value).toBe(old.data);
      expect(viewers()[0]).toMatchObject({ sent: 1, dropped: { age: 1 } });
    }
  });

  it("lets go of its branch and its session at once when it is cancelled while it waits", async () => {
    const { session, pictures, viewers } = stage();
    const own = pictures.tee();
    const reader = viewerBranch(pictures, session, { encode }).getReader();
    const read = reader.read();
    await settle();
    expect([pictures.size, viewers().length]).toEqual([2, 1]);
    await reader.cancel();
    expect((await read).done).toBe(true);
    expect([pictures.size, viewers().length]).toEqual([1, 0]);
    void own.cancel();
  });

  it("lets go when the connection is gone, even if nobody cancels the body", async () => {
    const gone = new AbortController();
    const { session, pictures, viewers } = stage({ closed: gone.signal });
    const own = pictures.tee();
    const read = viewerBranch(pictures, session, { encode }).getReader().read();
    await settle();
    gone.abort();
    expect((await read).done).toBe(true);
    expect([pictures.size, viewers().length]).toEqual([1, 0]);
    void own.cancel();
  });

  it("lets go when its own signal is aborted, and calls onEnd once", async () => {
    const { session, pictures, viewers } = stage();
    const own = pictures.tee();
    const end = new AbortController();
    const onEnd = vi.fn();
    const read = viewerBranch(pictures, session, { encode, signal: end.signal, onEnd }).getReader().read();
    end.abort();
    expect((await read).done).toBe(true);
    expect([pictures.size, viewers().length, onEnd.mock.calls.length]).toEqual([1, 0, 1]);
    void own.cancel();
  });

  it("does not stay when the connection was gone before the first read", async () => {
    const { session, pictures, viewers } = stage({ closed: AbortSignal.abort() });
    expect((await viewerBranch(pictures, session, { encode }).getReader().read()).done).toBe(true);
    expect(viewers()).toHaveLength(0);
  });

  it("closes when the camera ends, with what is to be sent last", async () => {
    const { controller, session, pictures, viewers } = stage();
    const options = { encode: () => bytes("frame"), trailer: bytes("end") };
    const reader = viewerBranch(pictures, session, options).getReader();
    const reads = [reader.read(), reader.read(), reader.read()];
    await settle();
    controller.enqueue(frame(0));
    await settle();
    controller.close();
    expect(await Promise.all(reads)).toEqual([
      { value: bytes("frame"), done: false },
      { value: bytes("end"), done: false },
      { done: true },
    ]);
    expect(viewers()).toHaveLength(0);
  });
});

describe("A viewer that has stalled", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const rest = () => vi.advanceTimersByTimeAsync(0);
  const full = () => ({ unacknowledged: 4_000_000 });

  it.each<[string, Connection]>([
    ["that cannot be reset", {}],
    ["that cannot be reset, and whose kernel tells", { queue: full }],
  ])(
    "loses its branch and its session on a connection %s, though nobody reads or cancels the body",
    async (_, connection) => {
      const { controller, session, pictures, viewers } = stage(connection);
      const own = pictures.tee();
      const reader = mjpeg(pictures, session, { stallAfter: 10_000 }).getReader();
      const read = reader.read();
      controller.enqueue(frame(0));
      await rest();
      await read; // the last that anybody asks for
      for (let n = 1; n <= 9; n++) {
        await vi.advanceTimersByTimeAsync(1000);
        controller.enqueue(frame(n));
      }
      expect([pictures.size, viewers().length]).toEqual([2, 1]);
      await vi.advanceTimersByTimeAsync(1500);
      expect([pictures.size, viewers().length]).toEqual([1, 0]);
      expect(vi.getTimerCount()).toBe(0);
      void own.cancel();
    },
  );

  it("has its connection reset where that can be, or what its transport does instead", async () => {
    for (const isOwn of [false, true]) {
      const [reset, onStall] = [vi.fn(), vi.fn()];
      const { controller, session, pictures, viewers } = stage({ reset });
      const options = { encode, stallAfter: 1000, onStall: isOwn ? onStall : undefined };
      const reader = viewerBranch(pictures, session, options).getReader();
      const read = reader.read();
      controller.enqueue(frame(0));
      await read;
      await vi.advanceTimersByTimeAsync(1500);
      expect([reset.mock.calls.length, onStall.mock.calls.length, viewers().length]).toEqual(
        isOwn ? [0, 1, 0] : [1, 0, 0],
      );
    }
  });

  it("is none while it reads, and while the camera shows nothing", async () => {
    const { controller, session, pictures, viewers } = stage({});
    const reader = viewerBranch(pictures, session, { encode, stallAfter: 1000 }).getReader();
    for (let n = 0; n < 5; n++) {
      const read = reader.read();
      controller.enqueue(frame(n));
      await read;
      await vi.advanceTimersByTimeAsync(900);
    }
    const read = reader.read();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(viewers()).toHaveLength(1);
    await reader.cancel();
    await read;
  });
});

describe("mjpeg", () => {
  const expected = (n: number) =>
    `--teecam\r\nContent-Type: image/jpeg\r\nContent-Length: 11\r\nX-Timestamp: 1.00${n}000\r\nX-Sequence: ${n}\r\nX-Age: 0.0\r\n\r\n<picture ${n}>\r\n`;

  async function body(options: Parameters<typeof mjpeg>[2], numbers: number[], { close = false } = {}) {
    const { controller, session, pictures } = stage();
    const reader = mjpeg(pictures, session, options).getReader();
    const sent: string[] = [];
    const shown = (value: Uint8Array | undefined) => text(value).replace(/X-Age: 0\.0\d\d/, "X-Age: 0.0"); // of a new frame
    let read = reader.read();
    for (const n of numbers) {
      await settle();
      controller.enqueue(frame(n, 1_000_000 + n * 1000));
      const { value, done } = await read;
      if (done) break;
      sent.push(shown(value));
      read = reader.read();
    }
    if (close) controller.close();
    for (;;) {
      const { value, done } = await read;
      if (done) return sent;
      sent.push(shown(value));
      read = reader.read();
    }
  }

  it("sends parts with their headers, one chunk a part, and the end after the last", async () => {
    expect(await body({ frames: 2 }, [0, 1])).toEqual([expected(0), expected(1), "--teecam--\r\n"]);
  });

  it("tells the end when the camera ends", async () => {
    expect(await body({}, [0], { close: true })).toEqual([expected(0), "--teecam--\r\n"]);
  });

  it("sends the next part's headers behind each frame when asked, and the end behind the last", async () => {
    const next = "\r\n--teecam\r\nContent-Type: image/jpeg\r\n\r\n";
    expect(await body({ frames: 3, advanceHeaders: true }, [0, 1, 2])).toEqual([
      expected(0).slice(0, -2) + next,
      `<picture 1>${next}`,
      "<picture 2>\r\n--teecam--\r\n",
    ]);
  });

  it("leaves an empty part, which browsers ignore, when the camera ends unforeseen", async () => {
    const sent = await body({ advanceHeaders: true }, [0, 1], { close: true });
    expect(sent.at(-1)).toBe("<picture 1>\r\n--teecam\r\nContent-Type: image/jpeg\r\n\r\n");
  });

  it("encodes a part once a frame, for all viewers", () => {
    const one = frame(1);
    expect(part(one)).toBe(part(one));
    expect(part(frame(1))).not.toBe(part(one));
  });

  it("passes on the sequence a frame had at the teecam it was pulled from", () => {
    expect(text(part({ ...frame(1), upstream: 77 }))).toContain("X-Source-Sequence: 77\r\n");
  });
});

describe("Rate", () => {
  const taken = (fps: number | undefined, timestamps: number[]) => {
    const rate = new FrameRateLimiter(fps);
    return timestamps.filter((timestamp) => rate.accepts({ ...frame(0), timestamp }));
  };
  const every = (fps: number, seconds: number, jitter = 0) =>
    Array.from({ length: fps * seconds }, (_, n) => Math.round((n * 1e6) / fps + (n % 2 ? jitter : -jitter)));

  it("takes every frame when nothing is asked", () => {
    expect(taken(undefined, every(30, 1))).toHaveLength(30);
  });

  it.each([
    [30, 10],
    [30, 20],
    [25, 10],
    [30, 29],
    [30, 1],
    [15, 15],
    [30, 0.5],
  ])("makes of %d frames a second %d, within one", (from, fps) => {
    expect(Math.abs(taken(fps, every(from, 20)).length - fps * 20)).toBeLessThanOrEqual(1);
  });

  it("takes all when more are asked than come, and half of a jittery stream at half its rate", () => {
    expect(taken(60, every(30, 2))).toHaveLength(60);
    expect(Math.abs(taken(15, every(30, 4, 5000)).length - 60)).toBeLessThanOrEqual(1);
  });

  it("chooses evenly: no two gaps differ by more than one frame", () => {
    const times = taken(20, every(30, 10));
    const gaps = times.slice(1).map((time, n) => time - (times[n] ?? 0));
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThan(1.05e6 / 30);
  });

  it("goes on after a pause, and after the clock was set back", () => {
    expect(taken(10, [0, 5e6, 5.1e6, 5.2e6])).toHaveLength(4);
    expect(taken(10, [9e6, 1e6, 1.1e6])).toHaveLength(3);
  });
});

describe("snapshot", () => {
  it("takes the newest frame if it is young enough, and counts as a viewer only meanwhile", async () => {
    const { controller, session, pictures, viewers } = stage();
    const own = pictures.tee();
    controller.enqueue(frame(5));
    await settle();
    expect((await snapshot(pictures, session))?.sequence).toBe(5);
    expect([pictures.size, viewers().length]).toEqual([1, 0]);
    void own.cancel();
  });

  it("takes the newest frame of before, whatever the state, if it is young enough", async () => {
    const { session, pictures } = stage();
    const newest = { ...frame(5), arrival: performance.now() - 30_000 };
    const kept = { tee: pictures.tee.bind(pictures), newest };
    expect((await snapshot(kept, session, { maxAge: 60_000 }))?.sequence).toBe(5);
    expect(await snapshot(kept, session, { maxAge: 20_000, timeout: 20 })).toBeUndefined();
    expect(await snapshot(kept, session, { maxAge: 60_000, after: 5, timeout: 20 })).toBeUndefined();
  });

  it("waits for the next frame when the newest is too old, or not after the one that is known", async () => {
    for (const options of [{ maxAge: 0 }, { after: 5 }]) {
      const { controller, session, pictures } = stage();
      const own = pictures.tee();
      controller.enqueue({ ...frame(5), arrival: performance.now() - 10 });
      await settle();
      const wanted = snapshot(pictures, session, "maxAge" in options ? { maxAge: 5 } : options);
      await settle();
      controller.enqueue(frame(6));
      expect((await wanted)?.sequence).toBe(6);
      void own.cancel();
    }
  });

  it("gives nothing when the time is up, when the camera ends, and when the viewer is gone", async () => {
    const slow = stage();
    expect(await snapshot(slow.pictures, slow.session, { timeout: 20 })).toBeUndefined();
    expect(slow.viewers()).toHaveLength(0);
    const ending = stage();
    const wanted = snapshot(ending.pictures, ending.session);
    await settle();
    ending.controller.close();
    expect(await wanted).toBeUndefined();
    const gone = new AbortController();
    const leaving = stage({ closed: gone.signal });
    const unwanted = snapshot(leaving.pictures, leaving.session);
    await settle();
    gone.abort();
    expect(await unwanted).toBeUndefined();
    for (const { pictures, viewers } of [slow, ending, leaving])
      expect([pictures.size, viewers().length]).toEqual([0, 0]);
  });
});
