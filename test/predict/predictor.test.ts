import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { Camera } from "../../src/camera/camera.ts";
import type { Prediction } from "../../src/predict/prediction.ts";
import { Predictor } from "../../src/predict/predictor.ts";
import type { CommandPredictor, PredictorSource } from "../../src/predict/source.ts";
import type { BranchOptions, Position } from "../../src/relay/branch-options.ts";
import { allow, stopwatch } from "../fixtures/machine.ts";
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
function front(predict: PredictorSource): { camera: Camera; predictor: Predictor } {
  const camera = new Camera({ id: "front", source: "testcard:160x120@30", predict }, adapter);
  onTestFinished(() => camera.close());
  if (!camera.predictor) throw new Error("no predictor");
  return { camera, predictor: camera.predictor };
}

/** A predictor on the camera that all tests share, until the test is over. */
function predicting(source: PredictorSource): Predictor {
  const predictor = new Predictor({ camera: "front", source, runtime: adapter, pictures: testcard });
  onTestFinished(() => predictor.close());
  return predictor;
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

const answered = (predictor: Predictor, count = 3) =>
  until(() => predictor.report().answered >= count, `${count} answers: ${JSON.stringify(predictor.report())}`);
const detail = (predictor: Predictor, pattern: RegExp, limit?: number) =>
  until(
    () => pattern.test(predictor.report().cause ?? "") && predictor.report(),
    `${pattern}: ${JSON.stringify(predictor.report())}`,
    limit,
  );

needs(python ?? "python3").describe("A command predictor", () => {
  it("gets the frame's facts and its JPEG, and its answers name the frame", async () => {
    const predictor = predicting(
      inPython('say({"length": len(jpeg), "begins": jpeg[:2].hex(), "ends": jpeg[-2:].hex(), "h": h})'),
    );
    await answered(predictor);
    const one = predictor.predictions.newest;
    const { sequence, timestamp } = one ?? {};
    expect(one).toMatchObject({
      camera: "front",
      result: { begins: "ffd8", ends: "ffd9", h: { camera: "front", sequence, timestamp, width: 160, height: 120 } },
    });
    expect(predictor.report()).toMatchObject({
      state: "live",
      detail: null,
      invalidLines: { malformed: 0, unsolicited: 0, mismatched: 0 },
      lastInvalidLine: null,
      restarts: 0,
    });
  });

  it("passes over what is no answer, counts it, and shows it", async () => {
    const predictor = predicting(
      inPython(
        'print("loading"); print(3); print("{half"); say({"sequence": h["sequence"] - 1}); say({"sequence": h["sequence"]}); say([1])',
      ),
    );
    await answered(predictor, 5);
    await until(
      () => predictor.report().invalidLines.mismatched >= 5,
      "what stands behind the fifth answer is read too",
    );
    const { invalidLines, state, lastInvalidLine, restarts } = predictor.report();
    const { malformed, unsolicited, mismatched } = invalidLines;
    expect(malformed).toBeGreaterThanOrEqual(15);
    expect(mismatched).toBeGreaterThanOrEqual(5);
    expect(unsolicited + mismatched).toBeGreaterThanOrEqual(5);
    expect(lastInvalidLine).toBeTruthy();
    expect([state, restarts]).toEqual(["live", 0]);
    const { result, sequence } = predictor.predictions.newest ?? {};
    expect(result).not.toEqual({ sequence: (sequence ?? 0) - 1 });
  });

  it.each<[string, PredictorSource, RegExp]>([
    ["is not there", { command: ["/no/such/eyes"] }, /command not found/],
    ["throws", inPython('raise ValueError("no eyes")'), /exited with code 1: .*ValueError: no eyes$/],
    ["exits", inPython("sys.exit(0)"), /^\S+ exited with code 0$/],
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
      /^more than 4 MiB of output without an answer: lala/,
    ],
    [
      "floods its output without a line's end",
      inPython('while True: sys.stdout.write("la" * 40000)'),
      /^(more than 4 MiB of output without an answer|no answer within)/,
    ],
    ["answers too much", { ...inPython('say(["x" * 300000])'), deadline: 300 }, /^no answer within 0.3 s$/],
    [
      "eats memory",
      { ...inPython("all = []\nwhile True: all.append(bytearray(1000000))"), memory: 100e6 },
      /^ran out of memory$/,
    ],
  ])("that %s is started anew, the state says why, and video is untouched", async (_, predict, why) => {
    const predictor = predicting(predict);
    await detail(predictor, why);
    expect(["failed", "restarting"]).toContain(predictor.report().state);
    await untouched();
  });

  it("comes back each time it is killed, ten times in a row, and leaves no zombie", async () => {
    if (!countable) return;
    const { camera, predictor } = front(inPython("say({})"));
    const below = () => descendants(process.pid).filter(({ name, zombie }) => zombie || /python/.test(name));
    let longest = 0;
    const elapsed = stopwatch();
    let last = elapsed();
    let over = false;
    const watching = (async () => {
      for await (const _ of camera.tee()) {
        const now = elapsed();
        longest = Math.max(longest, now - last);
        last = now;
        if (over) break;
      }
    })();
    await answered(predictor, 1);
    last = elapsed();
    longest = 0;
    for (let i = 0; i < 10; i++) {
      const { answered: count } = predictor.report();
      await answered(predictor, count + 1);
      const [pid] = below()
        .filter(({ zombie }) => !zombie)
        .map(({ pid }) => pid);
      const { restarts } = predictor.report();
      process.kill(pid ?? 0, "SIGKILL");
      await until(() => predictor.report().restarts > restarts, "it is noticed");
      expect(predictor.report().cause).toMatch(/was ended by SIGKILL/);
      const follower = predictor.predictions.tee(); // whoever comes makes an attempt at once, so this test need not wait for the backoff
      await answered(predictor, predictor.report().answered + 1);
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
    const predictor = predicting(inPython("time.sleep(0.1); say({})"));
    await answered(predictor, 2);
    const ages: number[] = [];
    const before = {
      frames: testcard.newest?.sequence ?? 0,
      answers: predictor.report().answered,
    };
    const elapsed = stopwatch();
    for await (const prediction of predictor.predictions.tee()) {
      ages.push(prediction.started - prediction.timestamp / 1000);
      if (ages.length === 15) break;
    }
    const seconds = elapsed() / 1000;
    ages.sort((a, b) => a - b);
    expect(ages[7]).toBeLessThan(allow(40)); // one frame period, and some
    expect(((testcard.newest?.sequence ?? 0) - before.frames) / seconds).toBeGreaterThan(20);
    expect((predictor.report().answered - before.answers) / seconds).toBeGreaterThan(7);
  });

  it("looks at no more frames than it is told to", async () => {
    const predictor = predicting({ ...inPython("say({})"), fps: 5 });
    await answered(predictor, 2);
    const times: number[] = [];
    for await (const prediction of predictor.predictions.tee({ retention: { queue: 64 } })) {
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
    expect([camera.state.state, camera.predictor?.report().state]).toEqual(["idle", "idle"]);
    const reader = camera.predictor?.predictions.tee().getReader();
    expect((await reader?.read())?.value?.result).toEqual({});
    await reader?.cancel();
    await until(
      () => camera.state.state === "idle" && camera.predictor?.report().state === "idle",
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
    const predictor = predicting({ module });
    const { predictions } = predictor;
    await answered(predictor, 100);
    type Read = Pick<Position, "number" | "lost">;
    const follow = (options: Pick<BranchOptions<Prediction>, "after" | "retention"> = {}) =>
      predictions.tee<Read>({ ...options, encode: (_, { number, lost }) => ({ number, lost }) });
    const queue = { retention: { queue: 64 } };
    const read = async (stream: ReadableStream<Read>, wait = 0): Promise<Read[]> => {
      const got: Read[] = [];
      for await (const one of stream) {
        got.push(one);
        if (got.length === 20) break;
        if (got.length % 5 === 0) await sleep(wait);
      }
      return got;
    };
    const numbers = (got: readonly Read[]) => got.map(({ number }) => number);
    const all = await read(follow(queue));
    expect(numbers(all)).toEqual(all.map((_, i) => (all[0]?.number ?? 0) + i));
    expect(all.every(({ lost }) => lost === 0)).toBe(true);
    const { number } = predictions;
    expect((await read(follow({ ...queue, after: number - 30 })))[0]?.number).toBe(number - 29);
    expect((await read(follow({ ...queue, after: number + 1e6 })))[0]?.number).toBeLessThan(number + 1e6);
    const late = await read(follow(queue), 500);
    const lost = late.reduce((sum, one) => sum + one.lost, 0);
    expect(lost).toBeGreaterThan(0);
    expect((late.at(-1)?.number ?? 0) - (late[0]?.number ?? 0)).toBe(lost + 19);
    const newest = follow().getReader();
    await newest.read();
    await sleep(200);
    expect((await newest.read()).value?.number).toBe(predictions.number);
    await newest.cancel();
  });

  it("see the end when the camera ends", async () => {
    const { camera, predictor } = front({ module: file("one.ts", "export default () => 1;") });
    await answered(predictor, 1);
    const reader = predictor.predictions.tee().getReader();
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
    const predictor = predicting(
      module(
        "prints.ts",
        `
      export default async function predict(frame: { data: Uint8Array }, { session }: { session: unknown }) {
        console.log("a word"); console.info("{}");
        return { length: frame.data.length, session: session ?? null };
      }`,
      ),
    );
    await answered(predictor);
    expect(predictor.predictions.newest?.result).toEqual({ length: expect.any(Number), session: null });
    expect(predictor.report().invalidLines.malformed).toBe(0);
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
    [
      "exports nothing",
      () => module("nothing.ts", "export const predict = 1;"),
      /its default export is not a function$/,
    ],
    [
      "is busy for ever",
      () => module("busy.ts", "export default () => { for (;;); };", { deadline: 400 }),
      /^no answer within 0.4 s$/,
    ],
    [
      "answers what JSON cannot carry",
      () => module("undefined.ts", "export default () => {};"),
      /Cannot accept result: JSON cannot represent undefined$/,
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
      /^ran out of memory$/,
    ],
  ])("that %s is started anew, the state says why, and video is untouched", async (_, predict, why) => {
    const predictor = predicting(typeof predict === "function" ? predict() : predict);
    await detail(predictor, why);
    expect(["failed", "restarting", "starting"]).toContain(predictor.report().state); // the next run keeps the reason
    await untouched();
  });

  it("sees the session of the viewer it works for, through awaits, timers and other programs, and a shared one sees none", async () => {
    const session = new URL("../../src/session/context.ts", import.meta.url).href;
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
    const mine = camera.startPredictor("mine", { id: "s-1", camera: "front", transport: "websocket" });
    expect(camera.startPredictor("yours", { id: "s-1", camera: "front", transport: "websocket" })).toBeUndefined();
    for (const [predictor, id] of [
      [mine, "s-1"],
      [camera.predictor, null],
    ] as const) {
      const reader = predictor?.predictions.tee({ retention: { queue: 64 } }).getReader();
      const seen = [];
      for (let i = 0; i < 6; i++) seen.push((await reader?.read())?.value?.result);
      await reader?.cancel();
      expect(new Set(seen.map((one) => JSON.stringify(one)))).toEqual(
        new Set(["once", "later", "heard"].map((at) => JSON.stringify({ at, id, same: id }))),
      );
    }
    expect(mine?.predictions.newest?.predictor).toBe("mine");
    await mine?.close();
  });
});
