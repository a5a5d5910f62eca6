import { describe, expect, it } from "vitest";
import type { Prediction } from "../../src/predict/prediction.ts";
import { Broadcaster } from "../../src/relay/broadcaster.ts";
import { Sessions } from "../../src/session/sessions.ts";
import {
  formatPrediction,
  maxQueuedPredictions,
  type PredictionEvent,
  predictionBranch,
} from "../../src/transport/predictions.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

const prediction = (sequence: number, result: Prediction["result"] = {}): Prediction => ({
  camera: "front",
  predictor: undefined,
  sequence,
  timestamp: 1000 * sequence,
  started: 1,
  duration: 2.5,
  result,
});

/** A predictor's predictions that the test feeds, and one viewer's session. */
function stage() {
  let controller: ReadableStreamDefaultController<Prediction> | undefined;
  const source = new ReadableStream<Prediction>({
    start: (c) => {
      controller = c;
    },
  });
  const track = { camera: "front", kind: "predictions" } as const;
  const predictions = new Broadcaster(source, { track, replay: maxQueuedPredictions });
  void predictions.tee();
  const sessions = new Sessions();
  const session = sessions.create({ transport: "predictions", connection: {} });
  let count = 0;
  return {
    predictions,
    session,
    report: () => sessions.report("front")[0],
    async predict(number: number) {
      for (let n = 0; n < number; n++) controller?.enqueue(prediction(count++));
      await settle();
    },
  };
}

/** Reads what waits for a viewer: the id of each event, and how many were lost before it. */
async function read(events: ReadableStreamDefaultReader<string>, count: number): Promise<[number, number][]> {
  const got: [number, number][] = [];
  while (got.length < count) {
    const { value } = await events.read();
    const { id, data } = JSON.parse(value ?? "") as PredictionEvent;
    got.push([id, JSON.parse(data).lost ?? 0]);
  }
  return got;
}

const format = (event: PredictionEvent) => JSON.stringify(event);

describe("A prediction's text", () => {
  it("is its JSON, made once for all viewers", () => {
    let made = 0;
    const result = {
      toJSON() {
        made++;
        return { seen: 1 };
      },
    };
    const one = prediction(7, result as unknown as Prediction["result"]);
    const text = formatPrediction(one);
    expect(JSON.parse(text)).toEqual({
      camera: "front",
      sequence: 7,
      timestamp: 7000,
      started: 1,
      duration: 2.5,
      result: { seen: 1 },
    });
    expect(formatPrediction(one)).toBe(text);
    formatPrediction(one, 3);
    expect(made).toBe(1);
  });

  it("tells how many were lost before it, if any were", () => {
    const one = prediction(7, '"} ends like an object }');
    expect(JSON.parse(formatPrediction(one, 0))).not.toHaveProperty("lost");
    expect(JSON.parse(formatPrediction(one, 5))).toEqual({ ...JSON.parse(formatPrediction(one)), lost: 5 });
  });
});

describe("A viewer of predictions", () => {
  it("gets the newest, and what it was too slow for is counted, but not told", async () => {
    const { predictions, session, predict, report } = stage();
    await predict(1);
    const reader = predictionBranch(predictions, session, { format }).getReader();
    expect(await read(reader, 1)).toEqual([[1, 0]]);
    await predict(9);
    expect(await read(reader, 1)).toEqual([[10, 0]]);
    const counters = { sent: 2, dropped: { replaced: 8, rate: 0, age: 0 } };
    expect(report()).toMatchObject({ transport: "predictions", ...counters });
    await reader.cancel();
    expect(report()).toBeUndefined();
  });

  it("that asks for all gets each in order, and is told how many it lost when it was too slow for that", async () => {
    const { predictions, session, predict, report } = stage();
    const reader = predictionBranch(predictions, session, { all: true, format }).getReader();
    await predict(3);
    expect(await read(reader, 3)).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
    await predict(maxQueuedPredictions + 6);
    expect(await read(reader, 2)).toEqual([
      [10, 6],
      [11, 0],
    ]);
    expect(report()).toMatchObject({ sent: 5, dropped: { replaced: 6 } });
    await reader.cancel();
  });

  it("that comes back goes on behind the one it saw last, as far as they are kept", async () => {
    const { predictions, session, predict } = stage();
    await predict(100);
    const near = predictionBranch(predictions, session, { after: 98, format }).getReader();
    expect(await read(near, 2)).toEqual([
      [99, 0],
      [100, 0],
    ]);
    const far = predictionBranch(predictions, session, { all: true, after: 10, format }).getReader();
    const kept = 100 - maxQueuedPredictions;
    expect(await read(far, 2)).toEqual([
      [kept + 1, kept - 10],
      [kept + 2, 0],
    ]);
    await Promise.all([near.cancel(), far.cancel()]);
  });
});
