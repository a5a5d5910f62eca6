import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { describe, expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { createApp } from "../../src/app.ts";
import { Camera, type CameraState } from "../../src/camera/camera.ts";
import type { CameraOptions } from "../../src/camera/options.ts";
import type { Frame } from "../../src/media/frame.ts";
import { allow, stopwatch } from "../fixtures/machine.ts";
import { numberOf, picture } from "../fixtures/picture.ts";
import { dial, freePort } from "../fixtures/ports.ts";
import { shots } from "../fixtures/shots.ts";
import { until } from "../fixtures/until.ts";

/** A camera that is closed when the test is over, and the states it has been in. */
function camera(options: CameraOptions): { camera: Camera; states: CameraState[]; phases: () => string[] } {
  const made = new Camera(options, adapter);
  onTestFinished(() => made.close());
  const states: CameraState[] = [];
  void made.states().pipeTo(new WritableStream({ write: (state) => void states.push(state) }));
  return { camera: made, states, phases: () => states.map(({ state }) => state) };
}

/** The next frames of a camera, by one visit. */
async function visit(made: Camera, count = 1): Promise<Frame[]> {
  const reader = made.tee().getReader();
  const frames: Frame[] = [];
  while (frames.length < count) {
    const { done, value } = await reader.read();
    if (done) break;
    frames.push(value);
  }
  await reader.cancel();
  return frames;
}

const sequences = (frames: readonly Frame[]) => frames.map(({ sequence }) => sequence);
const numbers = (frames: readonly Frame[]) => frames.map(({ data }) => numberOf(data));
const counting = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n);
const isLive = (made: Camera) => until(() => made.state.state === "live", "the camera is live");

describe("A camera on demand", () => {
  it("runs while somebody watches and a moment longer, and numbers its frames without a gap", async () => {
    const { camera: made, phases } = camera({ source: await shots(), onDemand: 100 });
    expect([made.state.state, made.newest]).toEqual(["idle", undefined]);
    const first = await visit(made, 5);
    expect(numbers(first)).toEqual(counting(0, 5));
    await until(() => made.state.state === "idle", "it is idle again");
    const reached = made.newest?.sequence ?? 0;
    const second = await visit(made, 5);
    expect(numbers(second)).toEqual(counting(0, 5)); // another run, and no old picture before it
    expect(sequences(second)).toEqual(counting(reached + 1, 5));
    await until(() => made.state.state === "idle", "it is idle again");
    expect(phases()).toEqual(["idle", "starting", "live", "idle", "starting", "live", "idle"]);
  });

  it("goes on while one of several is left, and is woken by each way to look at it", async () => {
    const { camera: made, phases } = camera({ id: "cold", source: await shots(), onDemand: 50 });
    const app = createApp({ cameras: new Map([[made.id, made]]) });
    const told = async () => (await (await app.request("/cameras/cold")).json()) as { state: string };
    expect((await told()).state).toBe("idle");
    const [one, other] = [made.tee(), made.tee()];
    await isLive(made);
    await one.cancel();
    await visit(made, 6); // far longer than it lingers
    expect(phases()).toEqual(["idle", "starting", "live"]);
    await other.cancel();
    for (const path of ["/snapshot", "/stream?frames=1", "/?action=snapshot"]) {
      await until(async () => (await told()).state === "idle", "it is idle");
      const response = await app.request(path);
      expect(response.status).toBe(200);
      const body = new Uint8Array(await response.arrayBuffer());
      expect(new TextDecoder("latin1").decode(body)).toContain("number=0000000");
    }
  });

  it("leaves no process when nobody watches", async () => {
    const { camera: made } = camera({ source: await shots({ first: 'echo $$ > "$0/pid"' }), onDemand: 0 });
    await visit(made, 2);
    const source = made.source.split(" ").at(-1);
    const pid = Number(await readFile(`${source}/pid`, "utf8"));
    const isThere = () => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    await until(() => !isThere(), "its program is gone");
    expect(made.state.state).toBe("idle");
  });

  it("cannot be one that comes by itself", () => {
    for (const source of ["tcp-listen://127.0.0.1:9999", "-"]) {
      expect(() => new Camera({ id: "front", source, onDemand: true }, adapter)).toThrow(
        /^Cannot start camera "front" on demand: .* is not started by teecam$/,
      );
    }
  });
});

describe("A camera whose source fails", () => {
  it("tries again at once when somebody comes, though its next attempt is far away", async () => {
    const flag = await shots({ first: '[ -e "$0/ready" ] || exit 7' });
    const { camera: made, states } = camera({ source: flag });
    const tries = () => states.filter(({ state }) => state === "failed").length;
    // Comers make it try twice a second, which is how its delay grows quickly here.
    await until(() => tries() >= 6 || void made.tee().cancel(), "it has failed often");
    expect(states.at(-1)?.cause).toBe("sh exited with code 7");
    await writeFile(`${flag.at(-1)}/ready`, "");
    const elapsed = stopwatch();
    expect(await visit(made)).toHaveLength(1);
    expect(elapsed()).toBeLessThan(1500);
  });
});

describe("Frames that are left out", () => {
  it("are the first of each run while it warms up", async () => {
    const { camera: made } = camera({ source: await shots({ count: 10, last: "exit 1" }), warmup: 4 });
    const frames = await visit(made, 9);
    expect(numbers(frames)).toEqual([4, 5, 6, 7, 8, 9, 4, 5, 6]);
    expect(sequences(frames)).toEqual(counting(0, 9));
    expect(made.filtered).toEqual({ warmup: 8, rate: 0 });
  });

  it("are those that a rate has no room for, evenly in time", async () => {
    const { camera: made } = camera({ source: await shots({ period: 0.015 }), fps: 10 });
    const frames = await visit(made, 12);
    expect(sequences(frames)).toEqual(counting(0, 12));
    const times = frames.map(({ timestamp }) => timestamp / 1000);
    const whole = (times.at(-1) ?? 0) - (times[0] ?? 0);
    const jitter = allow(50); // of the source's own writes
    expect(whole).toBeGreaterThan(1100 - jitter);
    expect(whole).toBeLessThan(1100 + 3 * jitter);
    for (const [at, time] of times.slice(1).entries()) expect(time - (times[at] ?? 0)).toBeGreaterThan(100 - jitter);
    expect(made.filtered.rate).toBeGreaterThan(12 / allow(1));
    expect(made.input.frames).toBe(made.filtered.rate + (made.newest?.sequence ?? 0) + 1);
  });

  it("are told of by GET /cameras/{id}", async () => {
    const { camera: made } = camera({ source: await shots(), warmup: 3 });
    await visit(made);
    const app = createApp({ cameras: new Map([[made.id, made]]) });
    expect(await (await app.request("/cameras/camera")).json()).toMatchObject({ filtered: { warmup: 3, rate: 0 } });
  });

  it("are not asked for in numbers that mean nothing", () => {
    const bad = (options: CameraOptions) => () => new Camera({ id: "front", ...options }, adapter);
    expect(bad({ fps: 0 })).toThrow('Cannot start camera "front": fps must be above 0, not 0');
    expect(bad({ warmup: 1.5 })).toThrow(
      'Cannot start camera "front": warmup must be a whole number of frames, 0 or more, not 1.5',
    );
    expect(bad({ source: "testcard:", loop: true })).toThrow(
      'Cannot start camera "front" in a loop: testcard:1280x720@30 is not a file',
    );
  });
});

describe("A branch made while nothing is live", () => {
  it("does not start with a picture of before", async () => {
    const port = await freePort();
    const { camera: made } = camera({ source: `tcp-listen://127.0.0.1:${port}` });
    const first = await dial(port);
    first.write(await picture(1));
    await isLive(made);
    first.destroy();
    await until(() => made.state.state === "waiting", "it waits for a writer");
    const read = visit(made);
    const second = await dial(port);
    onTestFinished(() => void second.destroy());
    second.write(await picture(2));
    expect(numbers(await read)).toEqual([2]);
  });
});

describe("Two runs", () => {
  it("do not mix when a writer is cut off in the middle of a picture", async () => {
    const port = await freePort();
    const { camera: made } = camera({ source: `tcp-listen://127.0.0.1:${port}` });
    const branch = made.tee().getReader();
    const [one, two, three] = [
      await picture(1, { size: 50_000 }),
      await picture(2, { size: 50_000 }),
      await picture(3),
    ];
    for (let time = 0; time < 3; time++) {
      const first = await dial(port);
      first.write(one);
      expect(numberOf((await branch.read()).value?.data ?? new Uint8Array())).toBe(1);
      const before = made.input.bytes;
      first.write(two.subarray(0, 30_000));
      await until(() => made.input.bytes === before + 30_000, "the half is read");
      if (time % 2) first.resetAndDestroy();
      else first.destroy();
      const second = await dial(port);
      second.write(two.subarray(30_000)); // what would make the half a whole, if it reached the same parser
      second.write(three);
      const { value } = await branch.read();
      expect(value?.data).toEqual(three);
      second.destroy();
      await until(() => made.state.state === "waiting", "it waits for the next");
    }
    await branch.cancel();
    expect(made.input.frames).toBe(6);
  });

  it("do not mix when a program is killed in the middle of a picture", async () => {
    const half = 'head -c 300 "$0/7.jpg"; kill -9 $$';
    const { camera: made } = camera({ source: await shots({ count: 2, last: half }) });
    const frames = await visit(made, 5);
    expect(numbers(frames)).toEqual([0, 1, 0, 1, 0]);
    expect(sequences(frames)).toEqual(counting(0, 5));
    const real = await Promise.all([picture(0), picture(1)]);
    for (const { data } of frames) expect(real).toContainEqual(data);
  });
});

describe("What a program complains about", () => {
  it("is told without what its variables hold", async () => {
    const lines: string[] = [];
    const note = (message: string, properties?: Record<string, unknown>) =>
      void lines.push(`${message} ${JSON.stringify(properties)}`);
    const { states } = camera({
      source: ["sh", "-c", 'echo "login $USER_KEY refused, $USER_KEY2, mode $MODE" >&2; exit 5'],
      env: { USER_KEY: "hunter2", USER_KEY2: "hunter2-and-more", MODE: "rw" },
      log: { debug: note, info: note, warn: note, error: note },
    });
    await until(() => states.some(({ state }) => state === "failed"), "it has failed");
    expect(states.find(({ state }) => state === "failed")?.cause).toBe(
      "sh exited with code 5: login *** refused, ***, mode rw",
    );
    expect(lines.join()).toContain("login *** refused");
    expect(lines.join()).not.toContain("hunter2");
  });
});

describe("A camera with several owners", () => {
  it("closes when the last one has released it, and not before", async () => {
    const { camera: made } = camera({ source: await shots() });
    const [first, second] = [made.retain(), made.retain()];
    await first();
    await first();
    expect(await visit(made, 3)).toHaveLength(3);
    const watching = made.tee().getReader();
    await second();
    expect(made.state.state).toBe("ended");
    while (!(await watching.read()).done);
    await second();
  });

  it("closes for all at once when it is closed, however often", async () => {
    const { camera: made } = camera({ source: await shots() });
    const release = made.retain();
    await isLive(made);
    await Promise.all([made.close(), made.close(), release()]);
    expect(made.state.state).toBe("ended");
  });
});

describe("Consumers of one camera", () => {
  const over = async (reader: ReadableStreamDefaultReader<Frame>) => {
    while (!(await reader.read()).done);
    return true;
  };

  it("end once and cleanly, each by itself, while the others go on", async () => {
    const { camera: made } = camera({ source: await shots() });
    const open = () => made.tee().getReader();
    const [a, b, c, d] = [open(), open(), open(), open()];
    await Promise.all([a, b, c, d].map((reader) => reader.read()));
    const pending = b.read().then(() => b.read());
    await a.cancel();
    await a.cancel();
    expect((await a.read()).done).toBe(true);
    await b.cancel();
    expect((await pending).done).toBe(true);
    expect((await c.read()).done).toBe(false);
    const reads = [over(c), over(d)];
    await made.close();
    expect(await Promise.all(reads)).toEqual([true, true]);
    await made.close();
    expect(await over(made.tee().getReader())).toBe(true);
  });

  it("all stay when its source errors while they read, and see the next run", async () => {
    const { camera: made, phases } = camera({ source: await shots({ count: 3, last: "exit 1" }) });
    const readers = Array.from({ length: 20 }, () => made.tee().getReader());
    const seen = await Promise.all(
      readers.map(async (reader) => {
        for (;;) {
          const { done, value } = await reader.read();
          if (done || value.sequence >= 4) return done;
        }
      }),
    );
    expect(new Set(seen)).toEqual(new Set([false]));
    expect(phases()).toContain("restarting");
    await Promise.all(readers.map((reader) => reader.cancel()));
  });
});

describe("A camera that has ended", () => {
  it("answers whoever comes later at once: its branches are closed, its last state is told", async () => {
    const { camera: made } = camera({ source: await shots() });
    await isLive(made);
    await made.close();
    expect((await made.tee().getReader().read()).done).toBe(true);
    const states = [];
    for await (const { state } of made.states()) states.push(state);
    expect(states).toEqual(["ended"]);
  });
});
