import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import * as adapter from "#adapter";
import { Camera } from "../../src/camera/camera.ts";
import { Predictions } from "../../src/predict/predictions.ts";
import type { Followed } from "../../src/predict/replay-buffer.ts";
import type { CommandPredictor, PredictorSource } from "../../src/predict/source.ts";
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
function front(predict: PredictorSource): { camera: Camera; predictions: Predictions } {
  const camera = new Camera({ id: "front", source: "testcard:160x120@30", predict }, adapter);
  onTestFinished(() => camera.close());
  if (!camera.predictions) throw new Error("no predictor");
  return { camera, predictions: camera.predictions };
}

/** A predictor on the camera that all tests share, until the test is over. */
function predicting(source: PredictorSource): Predictions {
  const predictions = new Predictions({ camera: "front", source, runtime: adapter, tee: (view) => testcard.tee(view) });
  onTestFinished(() => predictions.close());
  return predictions;
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A predictor in Python: what happens at the start, and for a frame `h` of which it has the JPEG `jpeg`. */
const inPython = (answer: string, start = "pass"): CommandPredictor => ({
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

async function untouched(): Promise<void> {
  const before = testcard.newest?.sequence ?? 0;
  await until(() => (testcard.newest?.sequence ?? 0) > before + 2, "frames go on");
  expect([testcard.state.state, testcard.state.detail]).toEqual(["live", null]);
}

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
    const predictions = predicting(
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
      malformed: 0,
      unsolicited: 0,
      mismatched: 0,
      failed: 0,
    });
  });

  it("passes over what is no answer, counts it, and shows it", async () => {
    const predictions = predicting(
      inPython(
        'print("loading"); print(3); print("{half"); say({"sequence": h["sequence"] - 1}); say({"sequence": h["sequence"]}); say([1])',
      ),
    );
    await answered(predictions, 5);
    await until(() => predictions.report().mismatched >= 5, "what stands behind the fifth answer is read too");
    const { malformed, unsolicited, mismatched, state, stray, failed } = predictions.report();
    expect(malformed).toBeGreaterThanOrEqual(15);
    expect(mismatched).toBeGreaterThanOrEqual(5);
    expect(unsolicited + mismatched).toBeGreaterThanOrEqual(5);
    expect(stray).toBeTruthy();
    expect([state, failed]).toEqual(["live", 0]);
    const { result, sequence } = predictions.newest?.prediction ?? {};
    expect(result).not.toEqual({ sequence: (sequence ?? 0) - 1 });
  });

  it.each<[string, PredictorSource, RegExp]>([
    ["is not there", { command: ["/no/such/eyes"] }, /command not found/],
    ["throws", inPython('raise ValueError("no eyes")'), /exited with code 1: .*ValueError: no eyes$/],
    ["exits", inPython("sys.exit(0)"), /^it ended$/],
    ["ends with an error", inPython("sys.exit(3)"), /exited with code 3/],
    [
      "leaves somebody behind who keeps its output open",
      inPython('import subprocess; subprocess.Popen(["sleep", "20"], start_new_session=True); sys.exit(4)'),
      /exited with code 4/,
    ],
    ["blocks for ever", { ...inPython("time.sleep(60)"), deadline: 300 }, /^no answer within 0.3 s$/],
    [
      "reads nothing and answers",
      {
        ...inPython("pass", 'while True: print("{}", flush=True); time.sleep(0.005)'),
        deadline: 300,
      },
      /^no answer within 0.3 s$/,
    ],
    [
      "writes half a line",
      { ...inPython('sys.stdout.write("{"); sys.stdout.flush()'), deadline: 300 },
      /^no answer within 0.3 s$/,
    ],
    [
      "floods its output",
      inPython('while True: sys.stdout.write("la" * 4000 + chr(10))'),
      /^it writes what is no answer: lala/,
    ],
    [
      "floods its output without a line's end",
      inPython('while True: sys.stdout.write("la" * 40000)'),
      /^(it writes what is no answer|no answer within)/,
    ],
    ["answers too much", { ...inPython('say(["x" * 300000])'), deadline: 300 }, /^no answer within 0.3 s$/],
    [
      "eats memory",
      { ...inPython("all = []\nwhile True: all.append(bytearray(1000000))"), memory: 100e6 },
      /^it ran out of memory$/,
    ],
  ])("that %s is started anew, the state says why, and video is untouched", async (_, predict, why) => {
    const predictions = predicting(predict);
    await detail(predictions, why);
    expect(["failed", "restarting"]).toContain(predictions.report().state);
    await untouched();
  });

  it("comes back each time it is killed, ten times in a row, and leaves no zombie", async () => {
    if (!countable) return;
    const { camera, predictions } = front(inPython("say({})"));
    const below = () => descendants(process.pid).filter(({ name, zombie }) => zombie || /python/.test(name));
    let longest = 0;
    let last = performance.now();
    let over = false;
    const watching = (async () => {
      for await (const _ of camera.tee()) {
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
        if (over) break;
      }
    })();
    await answered(predictions, 1);
    last = performance.now();
    longest = 0;
    for (let i = 0; i < 10; i++) {
      const { answered: count } = predictions.report();
      await answered(predictions, count + 1);
      const [pid] = below()
        .filter(({ zombie }) => !zombie)
        .map(({ pid }) => pid);
      const { failed } = predictions.report();
      process.kill(pid ?? 0, "SIGKILL");
      await until(() => predictions.report().failed > failed, "it is noticed");
      expect(predictions.report().detail).toMatch(/was ended by SIGKILL/);
      const follower = predictions.follow(); // whoever comes makes an attempt at once, so this test need not wait for the backoff
      await answered(predictions, predictions.report().answered + 1);
      await follower.cancel();
    }
    over = true;
    await watching;
    expect(longest).toBeLessThan(1000);
    expect(below().filter(({ zombie }) => zombie)).toEqual([]);
    expect(below()).toHaveLength(1);
    await camera.close();
    await until(() => below().length === 0, "nothing of it is left");
  });

  it("that is slower than the camera sees the newest frame each time, and the camera goes on", async () => {
    const predictions = predicting(inPython("time.sleep(0.1); say({})"));
    await answered(predictions, 2);
    const ages: number[] = [];
    const before = {
      frames: testcard.newest?.sequence ?? 0,
      answers: predictions.report().answered,
      now: performance.now(),
    };
    for await (const { prediction } of predictions.follow()) {
      ages.push(prediction.started - prediction.timestamp / 1000);
      if (ages.length === 15) break;
    }
    const seconds = (performance.now() - before.now) / 1000;
    ages.sort((a, b) => a - b);
    expect(ages[7]).toBeLessThan(40); // one frame period, and some
    expect(((testcard.newest?.sequence ?? 0) - before.frames) / seconds).toBeGreaterThan(20);
    expect((predictions.report().answered - before.answers) / seconds).toBeGreaterThan(7);
  });

  it("looks at no more frames than it is told to", async () => {
    const predictions = predicting({ ...inPython("say({})"), fps: 5 });
    await answered(predictions, 2);
    const times: number[] = [];
    for await (const { prediction } of predictions.follow({ all: true })) {
      times.push(prediction.timestamp / 1000);
      if (times.length === 6) break;
    }
    expect(((times.at(-1) ?? 0) - (times[0] ?? 0)) / 5).toBeGreaterThan(180); // milliseconds
  });

  it("runs on a camera on demand while somebody follows, and not for its own sake", async () => {
    const camera = new Camera(
      { id: "front", source: "testcard:160x120@30", onDemand: 100, predict: inPython("say({})") },
      adapter,
    );
    onTestFinished(() => camera.close());
    expect([camera.state.state, camera.predictions?.report().state]).toEqual(["idle", "idle"]);
    const reader = camera.predictions?.follow().getReader();
    expect((await reader?.read())?.value?.prediction.result).toEqual({});
    await reader?.cancel();
    await until(
      () => camera.state.state === "idle" && camera.predictions?.report().state === "idle",
      "both are idle again",
    );
  });
});

describe("Those who follow", () => {
  it("see the newest, or all with a count of what they lost, or go on where they were", async () => {
    const module = file(
      "count.ts",
      "export default function* (frame) { for (let i = 0; i < 10; i++) yield { frame: frame.sequence, i }; }",
    );
    const predictions = predicting({ module });
    await answered(predictions, 100);
    const read = async (stream: ReadableStream<Followed>, wait = 0): Promise<Followed[]> => {
      const got: Followed[] = [];
      for await (const one of stream) {
        got.push(one);
        if (got.length === 20) break;
        if (got.length % 5 === 0) await sleep(wait);
      }
      return got;
    };
    const numbers = (got: readonly Followed[]) => got.map(({ number }) => number);
    const all = await read(predictions.follow({ all: true }));
    expect(numbers(all)).toEqual(all.map((_, i) => (all[0]?.number ?? 0) + i));
    expect(all.every(({ lost }) => lost === 0)).toBe(true);
    const { number = 0 } = predictions.newest ?? {};
    expect((await read(predictions.follow({ after: number - 30 })))[0]?.number).toBe(number - 29);
    expect((await read(predictions.follow({ after: number + 1e6 })))[0]?.number).toBeLessThan(number + 1e6);
    const late = await read(predictions.follow({ all: true }), 500);
    const lost = late.reduce((sum, one) => sum + one.lost, 0);
    expect(lost).toBeGreaterThan(0);
    expect((late.at(-1)?.number ?? 0) - (late[0]?.number ?? 0)).toBe(lost + 19);
    const newest = predictions.follow().getReader();
    await newest.read();
    await sleep(200);
    expect((await newest.read()).value?.number).toBe(predictions.newest?.number);
    await newest.cancel();
  });

  it("see the end when the camera ends", async () => {
    const { camera, predictions } = front({ module: file("one.ts", "export default () => 1;") });
    await answered(predictions, 1);
    const reader = predictions.follow().getReader();
    const ended = (async () => {
      for (;;) if ((await reader.read()).done) return true;
    })();
    await camera.close();
    expect(await ended).toBe(true);
  });
});

describe("A module predictor", () => {
  const module = (name: string, text: string, limits: object = {}): PredictorSource => ({
    module: file(name, text),
    ...limits,
  });

  it("may print, and answers what it returns", async () => {
    const predictions = predicting(
      module(
        "prints.ts",
        `
      export default async function predict(frame: { data: Uint8Array }, { session }: { session: unknown }) {
        console.log("a word"); console.info("{}");
        return { length: frame.data.length, session: session ?? null };
      }`,
      ),
    );
    await answered(predictions);
    expect(predictions.newest?.prediction.result).toEqual({ length: expect.any(Number), session: null });
    expect(predictions.report().malformed).toBe(0);
  });

  it.each<[string, PredictorSource | (() => PredictorSource), RegExp]>([
    [
      "throws",
      () => module("throws.ts", 'export default () => { throw new TypeError("no eyes"); };'),
      /TypeError: no eyes$/,
    ],
    [
      "throws later",
      () =>
        module(
          "later.ts",
          'export default () => { setTimeout(() => { throw new TypeError("no eyes"); }); return 1; };',
        ),
      /TypeError: no eyes$/,
    ],
    ["is not there", () => ({ module: join(folder, "none.ts") }), /none\.ts/],
    ["exports nothing", () => module("nothing.ts", "export const predict = 1;"), /its default export is no function$/],
    [
      "is busy for ever",
      () => module("busy.ts", "export default () => { for (;;); };", { deadline: 400 }),
      /^no answer within 0.4 s$/,
    ],
    [
      "answers what JSON cannot carry",
      () => module("undefined.ts", "export default () => {};"),
      /Cannot take a result: it is undefined/,
    ],
    [
      "answers too much",
      () => module("much.ts", 'export default () => "x".repeat(2000);', { maxSize: 1000 }),
      /more than 1000 bytes/,
    ],
    [
      "eats memory",
      () =>
        module("eats.ts", "const all = []; export default () => { for (;;) all.push(new Array(100000).fill(1.5)); };", {
          memory: 60e6,
        }),
      /^it ran out of memory$/,
    ],
  ])("that %s is started anew, the state says why, and video is untouched", async (_, predict, why) => {
    const predictions = predicting(typeof predict === "function" ? predict() : predict);
    await detail(predictions, why);
    expect(["failed", "restarting"]).toContain(predictions.report().state);
    await untouched();
  });

  it("sees the session of the viewer it works for, through awaits, timers and other programs, and a shared one sees none", async () => {
    const session = new URL("../../src/session/session.ts", import.meta.url).href;
    const path = file(
      "session.ts",
      `
      import { getSession } from ${JSON.stringify(session)};
      import { spawn } from "node:child_process";
      let heard;
      export default async function* (frame, { session }) {
        yield { at: "once", id: getSession()?.id ?? null, same: session?.id ?? null };
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield { at: "later", id: getSession()?.id ?? null, same: session?.id ?? null };
        await new Promise((resolve) => spawn("echo", ["a word"]).stdout.once("data", () => resolve(heard = getSession())));
        yield { at: "heard", id: heard?.id ?? null, same: session?.id ?? null };
      }`,
    );
    const camera = new Camera(
      { id: "front", source: "testcard:160x120@30", predict: { module: path }, predictors: { mine: { module: path } } },
      adapter,
    );
    onTestFinished(() => camera.close());
    const mine = camera.predictFor("mine", { id: "s-1", camera: "front", transport: "websocket" });
    expect(camera.predictFor("yours", { id: "s-1", camera: "front", transport: "websocket" })).toBeUndefined();
    for (const [predictions, id] of [
      [mine, "s-1"],
      [camera.predictions, null],
    ] as const) {
      const reader = predictions?.follow({ all: true }).getReader();
      const seen = [];
      for (let i = 0; i < 6; i++) seen.push((await reader?.read())?.value?.prediction.result);
      await reader?.cancel();
      expect(new Set(seen.map((one) => JSON.stringify(one)))).toEqual(
        new Set(["once", "later", "heard"].map((at) => JSON.stringify({ at, id, same: id }))),
      );
    }
    expect(mine?.newest?.prediction.predictor).toBe("mine");
    await mine?.close();
  });
});
