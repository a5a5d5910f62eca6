import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import * as adapter from "#adapter";
import { Camera } from "../../src/camera.ts";
import type { Followed } from "../../src/predict/history.ts";
import type { Predictions } from "../../src/predict/predictions.ts";
import type { PredictorSource } from "../../src/predict/predictor.ts";
import { picture } from "../fixtures/picture.ts";
import { countable, descendants } from "../fixtures/processes.ts";
import { needs } from "../fixtures/programs.ts";
import { until } from "../fixtures/until.ts";

const python = ["/usr/bin/python3", "python3"].find((name) => name);
let folder = "";
let testcard: Camera;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "teecam-predict-"));
  testcard = new Camera({ id: "front", source: "testcard:160x120@30" }, adapter);
});
afterAll(async () => {
  await testcard?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A camera of its own with a predictor, until the test is over. */
function front(predict: PredictorSource, source = "testcard:160x120@30"): { camera: Camera; predictions: Predictions } {
  const camera = new Camera({ id: "front", source, predict }, adapter);
  onTestFinished(() => camera.close());
  if (!camera.predictions) throw new Error("no predictor");
  return { camera, predictions: camera.predictions };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A predictor in Python: what happens at the start, and for a frame `h` of which it has the JPEG `jpeg`. */
const inPython = (answer: string, start = "pass"): PredictorSource => ({
  command: [
    "/usr/bin/python3",
    "-uc",
    `import json, os, sys, time
${start}
for line in sys.stdin.buffer:
    h = json.loads(line)
    jpeg = sys.stdin.buffer.read(h["length"])
    say = lambda value: print(json.dumps(value))
    ${answer.replaceAll("\n", "\n    ")}
`,
  ],
  deadline: 2000,
});

const answered = (predictions: Predictions, count = 3) =>
  until(() => predictions.report().answered >= count, `${count} answers: ${JSON.stringify(predictions.report())}`);
const detail = (predictions: Predictions, pattern: RegExp, limit = 10_000) =>
  until(
    () => pattern.test(predictions.report().detail ?? "") && predictions.report(),
    `${pattern}: ${JSON.stringify(predictions.report())}`,
    limit,
  );

needs(python ?? "python3").describe("A command predictor", () => {
  it("gets the frame's facts and its JPEG, and its answers name the frame", async () => {
    const { predictions } = front(
      inPython('say({"length": len(jpeg), "begins": jpeg[:2].hex(), "ends": jpeg[-2:].hex(), "h": h})'),
    );
    await answered(predictions);
    const one = predictions.newest?.prediction;
    const { sequence, timestamp } = one ?? {};
    expect(one).toMatchObject({
      camera: "front",
      result: { begins: "ffd8", ends: "ffd9", h: { camera: "front", sequence, timestamp, width: 160, height: 120 } },
    });
    expect(predictions.report()).toMatchObject({
      state: "live",
      detail: null,
      garbled: 0,
      unasked: 0,
      mistaken: 0,
      failed: 0,
    });
  });

  it("passes over what is no answer, counts it, and shows it", async () => {
    const { predictions } = front(
      inPython(
        'print("loading"); print(3); print("{half"); say({"sequence": h["sequence"] - 1}); say({"sequence": h["sequence"]}); say([1])',
      ),
    );
    await answered(predictions, 5);
    const { garbled, unasked, mistaken, state, stray, failed } = predictions.report();
    expect(garbled).toBeGreaterThanOrEqual(15);
    expect(mistaken).toBeGreaterThanOrEqual(5);
    expect(unasked + mistaken).toBeGreaterThanOrEqual(5);
    expect(stray).toBeTruthy();
    expect([state, failed]).toEqual(["live", 0]);
    const { result, sequence } = predictions.newest?.prediction ?? {};
    expect(result).not.toEqual({ sequence: (sequence ?? 0) - 1 });
  });
});
