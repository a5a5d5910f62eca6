import { describe, expect, it } from "vitest";
import type { Frame } from "../../src/media/frame.ts";
import { readOutput } from "../../src/predict/output.ts";
import type { Prediction } from "../../src/predict/prediction.ts";
import { PredictorStream } from "../../src/predict/predictor-stream.ts";
import { ResponseReader } from "../../src/predict/response-reader.ts";
import { formatPrediction } from "../../src/transport/predictions.ts";
import { formatEvent } from "../../src/transport/sse.ts";
import { packPrediction } from "../../src/transport/teecam-v1/message.ts";

const boxes = Array.from({ length: 1000 }, (_, n) => ({
  label: `thing-${n}`,
  score: 0.97,
  box: { xmin: n + 0.25, ymin: 20, xmax: n + 110.5, ymax: 90 },
}));
const line = JSON.stringify(boxes);
const frame = (sequence: number): Frame => ({
  data: new Uint8Array([0xff, 0xd8, 0xff, 0xd9]),
  sequence,
  timestamp: sequence * 1000,
  arrival: performance.now(),
  width: 8,
  height: 8,
});

/** A predictor whose program writes `text` for each frame, up to what is sent to viewers. */
function predicting(text: string) {
  const responses = new ResponseReader({ bounds: {}, onRejected: ({ reason }) => expect.fail(reason) });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const program = writable.getWriter();
  const bytes = new TextEncoder().encode(`${text}\n`);
  const { signal } = new AbortController();
  void readOutput(readable, { responses, maxLength: 1e6, onRejected() {}, onBytes() {}, signal });
  const stream = new PredictorStream(
    async function* (frame) {
      responses.ask(frame);
      void program.write(bytes);
      const { result } = await responses.next();
      yield result;
    },
    { camera: "front" },
  );
  const frames = stream.writable.getWriter();
  const predictions = stream.readable.getReader();
  let sequence = 0;
  return async (): Promise<Prediction> => {
    void frames.write(frame(++sequence));
    const { value } = await predictions.read();
    if (!value) throw new Error("no prediction");
    return value;
  };
}

/** Returns what every viewer is sent of a prediction. */
const sendable = (prediction: Prediction) => [
  formatPrediction(prediction),
  packPrediction(prediction),
  formatEvent({ id: 1, data: formatPrediction(prediction, 3) }),
];

const best = (times: readonly number[]) => Math.min(...times);

describe("A prediction on its way", () => {
  it("costs no more than to parse its JSON twice, from the program's line to what viewers are sent", async () => {
    const predict = predicting(line);
    const parsing: number[] = [];
    const carrying: number[] = [];
    let bytes = 0;
    for (let round = 0; round < 150; round++) {
      const begun = performance.now();
      JSON.parse(line);
      const parsed = performance.now();
      for (const text of sendable(await predict())) bytes += text.length;
      carrying.push(performance.now() - parsed);
      parsing.push(parsed - begun);
    }
    expect(bytes).toBeGreaterThan(150 * 3 * line.length);
    expect(best(carrying)).toBeLessThan(2 * best(parsing));
  });

  it("is the same as JSON, as plain data and in each message, whatever its line looks like", async () => {
    for (const text of [
      '{"a": [1, 2.50, "\\u00e9\\n"]}',
      '\t[ {"b":null}\r, 1e2 ]',
      '{"__proto__":1,"a":"\u2028"}',
      "[]",
    ]) {
      const prediction = await predicting(text)();
      const plain = JSON.parse(JSON.stringify(prediction));
      expect(plain.result).toEqual(JSON.parse(text));
      const [whole = "", packed = "", event = ""] = sendable(prediction);
      expect(JSON.parse(whole)).toEqual(plain);
      expect(JSON.parse(packed)).toEqual({ type: "prediction", ...plain });
      expect(event.split(/\r\n|\r|\n/)).toHaveLength(4); // id, data, and the blank line
      expect(JSON.parse(event.split("\n")[1]?.slice(6) ?? "")).toEqual({ ...plain, lost: 3 });
    }
  });
});
