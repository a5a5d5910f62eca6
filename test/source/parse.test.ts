import { describe, expect, it } from "vitest";
import { adapter } from "#adapter";
import type { Frame } from "../../src/media/frame.ts";
import { ParsedRuns } from "../../src/source/parse.ts";
import { command } from "../../src/source/process.ts";
import { picture } from "../fixtures/picture.ts";
import { until } from "../fixtures/until.ts";

const { spawn } = adapter;

const never = new AbortController().signal;

/** Runs that a test writes to; a cancelled one is gone when `release` is called. */
function fake() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let cancelled: unknown;
  let release = () => {};
  const runs = new ParsedRuns(
    async () =>
      new ReadableStream<Uint8Array>({
        start: (given) => {
          controller = given;
        },
        cancel: (reason) => {
          cancelled = reason;
          return new Promise<void>((resolve) => {
            release = resolve;
          });
        },
      }),
    { maxFrameSize: 10_000 },
  );
  return {
    runs,
    write: (bytes: Uint8Array) => controller?.enqueue(bytes),
    close: () => controller?.close(),
    error: (reason: unknown) => controller?.error(reason),
    cancelled: () => cancelled,
    release: () => release(),
  };
}

/** All frames of a stream, to its end. */
async function all(stream: ReadableStream<Frame>): Promise<Frame[]> {
  const frames: Frame[] = [];
  await stream.pipeTo(new WritableStream({ write: (frame) => void frames.push(frame) }));
  return frames;
}

/** Whether a promise is settled once all that is ready has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const later = new Promise<string>((resolve) => setTimeout(() => resolve("later"), 20));
  return (await Promise.race([promise.then(() => "settled"), later])) === "settled";
}

describe("Runs of bytes", () => {
  it("become runs of frames, each with a parser of its own, and are counted together", async () => {
    const { runs, write, close } = fake();
    const jpeg = await picture(1);
    for (let run = 0; run < 3; run++) {
      const frames = all(await runs.open(never));
      write(jpeg);
      write(jpeg.subarray(0, 200)); // the rest of it does not come in the next run
      close();
      expect((await frames).map(({ data }) => data)).toEqual([new Uint8Array(jpeg)]);
    }
    expect(runs.input).toMatchObject({ frames: 3, bytes: 3 * (jpeg.length + 200), dropped: { truncated: 3 } });
  });

  it("error as the bytes do", async () => {
    const { runs, error } = fake();
    const frames = all(await runs.open(never));
    error(new Error("sh exited with code 3"));
    await expect(frames).rejects.toThrow("sh exited with code 3");
    await runs.settled();
  });

  it("are gone when their cancel settles, not before", async () => {
    const { runs, cancelled, release } = fake();
    const frames = await runs.open(never);
    const reason = new Error("enough");
    const cancel = frames.cancel(reason);
    await until(() => cancelled(), "the bytes are cancelled");
    expect(cancelled()).toBe(reason);
    expect([await isSettled(cancel), await isSettled(runs.settled())]).toEqual([false, false]);
    release();
    await cancel;
    await runs.settled();
  });

  it("are gone when they error because nothing can be made of the bytes", async () => {
    const { runs, write, cancelled, release } = fake();
    const frames = all(await runs.open(never));
    let error: unknown;
    frames.catch((reason) => {
      error = reason;
    });
    write(new TextEncoder().encode(`--frame\r\nContent-Type: image/jpeg\r\nX-Long: ${"x".repeat(100_000)}`));
    await until(() => cancelled(), "the bytes are cancelled");
    expect([await isSettled(frames.catch(() => {})), error]).toEqual([false, undefined]);
    release();
    await expect(frames).rejects.toThrow();
  });

  it("are given up while they open, and leave nothing", async () => {
    let opened = (_: ReadableStream<Uint8Array>) => {};
    const runs = new ParsedRuns(
      () =>
        new Promise((resolve) => {
          opened = resolve;
        }),
    );
    const abort = new AbortController();
    const open = runs.open(abort.signal);
    abort.abort(new Error("over"));
    let cancelled = false;
    opened(
      new ReadableStream({
        cancel: () => {
          cancelled = true;
        },
      }),
    );
    await expect(open).rejects.toThrow("over");
    expect(cancelled).toBe(true);
    await runs.settled();
  });

  it("are not settled before their program is gone", async () => {
    const stubborn = "trap '' TERM; echo ready; while :; do sleep 0.1; done";
    const runs = new ParsedRuns(command(["sh", "-c", stubborn], { spawn }));
    const reader = (await runs.open(never)).getReader();
    void reader.read();
    await until(() => runs.input.bytes > 0, "it is ready");
    const begun = performance.now();
    void reader.cancel();
    await runs.settled();
    expect(performance.now() - begun).toBeGreaterThan(900); // it was killed after its second
  });
});

describe("A run without a frame", () => {
  it("says what came instead, and speaks of the last run alone", async () => {
    const { runs, write, close } = fake();
    const jpeg = await picture(1);
    const run = async (...chunks: Uint8Array[]) => {
      const frames = all(await runs.open(never));
      for (const chunk of chunks) write(chunk);
      close();
      await frames;
      return runs.explain()?.message;
    };
    expect(runs.explain()).toBeUndefined();
    expect(await run()).toBeUndefined();
    expect(await run(new Uint8Array(1))).toBe("1 byte came and no JPEG in it: it looks like nothing but zeros");
    expect(await run(new Uint8Array(1234))).toBe("1.2 kB came and no JPEG in it: it looks like nothing but zeros");
    expect(await run(new Uint8Array(1_500_000))).toBe("1.5 MB came and no JPEG in it: it looks like nothing but zeros");
    expect(await run(jpeg.subarray(0, 300))).toBe("300 bytes came and no whole JPEG in it: 1 picture cut short");
    expect(await run(await picture(2, { size: 20_000 }))).toBe(
      "20.0 kB came and no whole JPEG in it: 1 picture over max_frame 10000: set max_frame",
    );
    expect(await run(new Uint8Array(1000), jpeg)).toBeUndefined();
    expect(await run()).toBeUndefined();
  });

  it("has nothing to say when it could not be opened", async () => {
    let good = true;
    const runs = new ParsedRuns(async () => {
      if (!good) throw new Error("connection refused");
      return new Blob(["nonsense"]).stream();
    });
    await all(await runs.open(never));
    expect(runs.explain()?.message).toBe('8 bytes came and no JPEG in it: it is text: "nonsense"');
    good = false;
    await expect(runs.open(never)).rejects.toThrow("connection refused");
    expect(runs.explain()).toBeUndefined();
  });
});
