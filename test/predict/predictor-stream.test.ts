import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Frame } from "../../src/media/frame.ts";
import type { Prediction } from "../../src/predict/prediction.ts";
import { type Predict, PredictorStream, type PredictorStreamOptions } from "../../src/predict/predictor-stream.ts";
import { Branch, type BranchFeed } from "../../src/relay/branch.ts";
import { getSession } from "../../src/session/context.ts";
import type { ViewerSession } from "../../src/session/session.ts";
import { until } from "../fixtures/until.ts";

const data = new Uint8Array([0xff, 0xd8, 0xff, 0xd9]);
const frame = (sequence: number): Frame => ({
  data,
  sequence,
  timestamp: sequence * 1000,
  arrival: performance.now(),
  width: 8,
  height: 8,
});
const session: ViewerSession = { id: "s-1", camera: "front", transport: "websocket" };

/** A branch that the test feeds, through a predictor. */
function predicting(predict: Predict, options: Partial<PredictorStreamOptions> = {}) {
  let left = 0;
  let feed: BranchFeed<Frame> | undefined;
  const branch = new Branch<Frame>({
    start: (started) => {
      feed = started;
    },
    cancel: () => void left++,
  });
  const predictions = branch.pipeThrough(new PredictorStream(predict, { camera: "front", ...options }));
  let number = 0;
  const source = {
    offer: (frame: Frame) => feed?.offer({ number: ++number, chunk: frame }),
    close: () => feed?.close(),
  };
  return { source, predictions, left: () => left };
}

async function all(predictions: ReadableStream<Prediction>): Promise<Prediction[]> {
  const got: Prediction[] = [];
  for await (const prediction of predictions) got.push(prediction);
  return got;
}

describe("PredictorStream", () => {
  it("names the frame it saw, when it began, and how long it took", async () => {
    const { source, predictions } = predicting(async ({ sequence }) => {
      await sleep(30);
      return { seen: sequence };
    });
    source.offer(frame(7));
    source.close();
    const [only, ...rest] = await all(predictions);
    expect(rest).toEqual([]);
    expect(only).toMatchObject({ camera: "front", sequence: 7, timestamp: 7000, result: { seen: 7 } });
    expect(Math.abs((only?.started ?? 0) + 30 - Date.now())).toBeLessThan(1000);
    expect(only?.duration).toBeGreaterThanOrEqual(28);
  });

  it("has one frame in flight, and the newest next", async () => {
    const given: number[] = [];
    let answer: (value: number) => void = () => {};
    const { source, predictions } = predicting(({ sequence }) => {
      given.push(sequence);
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    const reading = all(predictions);
    for (let i = 0; i < 10; i++) source.offer(frame(i));
    await until(() => given.length === 1, "a frame is looked at");
    const first = given[0] ?? 0;
    for (let i = 10; i < 20; i++) source.offer(frame(i));
    await sleep(20);
    expect(given).toEqual([first]);
    answer(1);
    await until(() => given.length === 2, "the next frame is looked at");
    expect(given).toEqual([first, 19]);
    answer(2);
    source.close();
    expect((await reading).map(({ sequence }) => sequence)).toEqual([first, 19]);
  });

  it("looks at no frame before the last answer was read, and then at the newest", async () => {
    const given: number[] = [];
    const { source, predictions } = predicting(({ sequence }) => given.push(sequence));
    const reader = predictions.getReader();
    const first = reader.read();
    source.offer(frame(0));
    await first;
    source.offer(frame(1));
    await sleep(20);
    source.offer(frame(2));
    source.offer(frame(3));
    await sleep(20);
    expect(given).toEqual([0]);
    expect((await reader.read()).value?.sequence).toBe(3);
    await reader.cancel();
  });

  it("takes several answers of a generator, sync or not", async () => {
    for (const generate of [
      function* ({ sequence }: Frame) {
        yield sequence;
        yield "second";
      },
      async function* ({ sequence }: Frame) {
        yield sequence;
        await sleep(1);
        yield "second";
      },
    ]) {
      const { source, predictions } = predicting(generate);
      source.offer(frame(4));
      source.close();
      expect((await all(predictions)).map(({ result, sequence }) => [sequence, result])).toEqual([
        [4, 4],
        [4, "second"],
      ]);
    }
  });

  it("goes on after a generator that had nothing to say", async () => {
    const { source, predictions } = predicting(function* ({ sequence }: Frame) {
      if (sequence > 0) yield sequence;
    });
    const reader = predictions.getReader();
    const read = reader.read();
    source.offer(frame(0));
    await sleep(10);
    source.offer(frame(1));
    expect((await read).value?.sequence).toBe(1);
    await reader.cancel();
  });

  it.each<[string, Predict, RegExp]>([
    ["throws", () => Promise.reject(new Error("no eyes")), /^no eyes$/],
    [
      "throws at once",
      () => {
        throw new Error("no eyes");
      },
      /^no eyes$/,
    ],
    ["answers what JSON cannot carry", () => undefined, /^Cannot accept result: JSON cannot represent undefined$/],
    [
      "answers a circle",
      () => {
        const a: unknown[] = [];
        a.push(a);
        return a;
      },
      /^Cannot accept result: JSON cannot represent it$/,
    ],
    ["answers too much", () => "x".repeat(300_000), /more than 262144 bytes/],
    ["answers too deep", () => JSON.parse("[".repeat(40) + "]".repeat(40)), /more than 32 deep/],
    ["never answers", () => new Promise(() => {}), /^no answer within 0.1 s$/],
    [
      "never answers again",
      async function* () {
        yield 1;
        await new Promise(() => {});
      },
      /^no answer within 0.1 s$/,
    ],
  ])("errors when the predictor %s, and lets go of the branch", async (_, predict, why) => {
    const { source, predictions, left } = predicting(predict, { deadline: 100 });
    source.offer(frame(0));
    await expect(all(predictions)).rejects.toThrow(why);
    await until(() => left() === 1, "the branch is let go of");
  });

  it("leaves no timer behind when nobody waits for an answer that never comes", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let asked = false;
    const { source, predictions } = predicting(() => {
      asked = true;
      return new Promise(() => {});
    });
    source.offer(frame(1));
    const reader = predictions.getReader();
    const read = reader.read();
    for (let turns = 0; turns < 20 && !asked; turns++) await Promise.resolve();
    expect([asked, vi.getTimerCount()]).toEqual([true, 1]);
    await reader.cancel();
    expect((await read).done).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("errors with the reason of its signal, and tells the predictor", async () => {
    const life = new AbortController();
    let told: AbortSignal | undefined;
    const { source, predictions, left } = predicting(
      (_, { signal }) => {
        told = signal;
        return new Promise(() => {});
      },
      { signal: life.signal },
    );
    source.offer(frame(0));
    const reading = all(predictions);
    await until(() => told, "it is looking");
    life.abort(new Error("it died"));
    await expect(reading).rejects.toThrow("it died");
    expect(told?.aborted).toBe(true);
    await until(() => left() === 1, "the branch is let go of");
  });

  it("passes cancel on to the branch at once, though it is looking, and close on to the reader", async () => {
    const { source, predictions, left } = predicting(() => new Promise(() => {}));
    source.offer(frame(0));
    const reader = predictions.getReader();
    void reader.read();
    await sleep(5);
    await reader.cancel("enough");
    await until(() => left() === 1, "the branch is let go of");
    const other = predicting(() => 1);
    other.source.close();
    expect(await all(other.predictions)).toEqual([]);
  });
});

describe("getSession()", () => {
  it("is the viewer's through awaits, timers, streams and generators, and nobody else's", async () => {
    const seen: Record<string, (string | undefined)[]> = { mine: [], yours: [], shared: [] };
    const look = (who: string) =>
      async function* (frame: Frame) {
        const note = () => seen[who]?.push(getSession()?.id);
        note();
        await sleep(2);
        note();
        await new Promise<void>((resolve) =>
          setTimeout(() => {
            note();
            resolve();
          }, 2),
        );
        const bytes = new ReadableStream({
          start(c) {
            note();
            c.enqueue(frame.sequence);
            c.close();
          },
        });
        for await (const _ of bytes.pipeThrough(new TransformStream())) note();
        yield 1;
        note();
        await Promise.resolve();
        note();
        yield 2;
      };
    const streams = [
      predicting(look("mine"), { session }),
      predicting(look("yours"), { session: { ...session, id: "s-2" } }),
      predicting(look("shared")),
    ];
    const reading = streams.map(({ predictions }) => all(predictions));
    for (let i = 0; i < 3; i++) {
      for (const { source } of streams) source.offer(frame(i));
      await sleep(30);
    }
    for (const { source } of streams) source.close();
    await Promise.all(reading);
    expect(seen.mine?.length).toBeGreaterThan(20);
    expect(new Set(seen.mine)).toEqual(new Set(["s-1"]));
    expect(new Set(seen.yours)).toEqual(new Set(["s-2"]));
    expect(new Set(seen.shared)).toEqual(new Set([undefined]));
    expect(getSession()).toBeUndefined();
  });
});
