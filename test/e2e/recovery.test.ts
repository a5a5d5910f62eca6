import { connect, createServer, type Socket } from "node:net";
import process from "node:process";
import { describe, expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { createApp } from "../../src/app.ts";
import { Camera } from "../../src/camera/camera.ts";
import type { CameraOptions } from "../../src/camera/options.ts";
import { type Logger, silent } from "../../src/log.ts";
import { allow, stopwatch } from "../fixtures/machine.ts";
import { picture } from "../fixtures/picture.ts";
import { dial, freePort } from "../fixtures/ports.ts";
import { countable, descendants, program, runs } from "../fixtures/processes.ts";
import { shots } from "../fixtures/shots.ts";
import { until } from "../fixtures/until.ts";

/** Deadlines of a camera, a tenth of what they are by default. */
const soon = { stallAfter: 500 };

/** A camera behind an app, whose viewers are told its states; what GET says of it is what these tests look at. */
function shown(options: CameraOptions) {
  const warnings: unknown[] = [];
  const log: Logger = { ...silent, warn: (_, values) => void warnings.push(values?.line) };
  const camera = new Camera({ ...soon, log, ...options }, adapter);
  onTestFinished(() => camera.close());
  const app = createApp({ cameras: new Map([[camera.id, camera]]) });
  const told: string[] = [];
  const causes: (string | null)[] = [];
  void camera.states().pipeTo(
    new WritableStream({
      write({ state, cause }) {
        told.push(state);
        causes.push(cause);
      },
    }),
  );
  const get = async () => {
    const answer = await app.request(`/cameras/${camera.id}`);
    return (await answer.json()) as { state: string; detail: string | null; sequence: number | null };
  };
  const is = (state: string, limit?: number) =>
    until(async () => (await get()).state === state && (await get()), `it is ${state}`, limit);
  const watching = camera.tee().getReader();
  const more = async (count = 2) => {
    for (let n = 0; n < count; n++) expect((await watching.read()).done).toBe(false);
  };
  return { camera, get, is, more, told, causes, warnings };
}

/** A peer that the camera dials. */
async function peer(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    onConnection(socket);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  return `tcp://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
}

/** Writes a picture, over and over, until the socket is closed. */
function play(socket: Socket, jpeg: Uint8Array): { stop(): void } {
  const timer = setInterval(() => socket.write(jpeg), 40);
  socket.once("close", () => clearInterval(timer));
  return { stop: () => clearInterval(timer) };
}

describe.runIf(countable)("A command that is stopped", () => {
  it("is told to be stalled, is ended with all it has started, and is run anew", async () => {
    const source = await shots({ first: "sleep 1004 &" });
    const { is, more, told } = shown({ source });
    await more();
    const family = () => descendants(process.pid).filter(({ name, zombie }) => /^(sh|sleep)$/.test(name) && !zombie);
    const sleeper = await until(() => family().find(({ name }) => name === "sleep"), "it has started");
    const shells = family().filter(({ name }) => name === "sh");
    const [shell] = shells.filter(({ pid }) => descendants(pid).length > 0);
    process.kill(-(shell?.pid ?? 0), "SIGSTOP");
    const sinceStopped = stopwatch();
    const [, silence] = /^no data for ([\d.]+) s$/.exec((await is("stalled")).detail ?? "") ?? [];
    expect(Number(silence)).toBeGreaterThanOrEqual(0.5);
    expect(Number(silence)).toBeLessThan(allow(0.7));
    expect(sinceStopped()).toBeLessThan(1500);
    await more();
    expect(told).toEqual(expect.arrayContaining(["starting", "live", "stalled", "restarting"]));
    await is("live");
    expect([shell, sleeper].some((one) => one && runs(one))).toBe(false);
  });

  it("is live again, and the same, when it goes on in time", async () => {
    const { is, more, told } = shown({ source: await shots(), stallAfter: 400 });
    await more();
    const [shell] = descendants(process.pid).filter(({ name, pid }) => name === "sh" && descendants(pid).length > 0);
    process.kill(-(shell?.pid ?? 0), "SIGSTOP");
    await is("stalled");
    process.kill(-(shell?.pid ?? 0), "SIGCONT");
    await is("live");
    await more();
    expect(told).not.toContain("restarting");
  });
});

describe("A peer that is dialled", () => {
  it("is told to be gone when its connection is cut, and is seen again when it is back", async () => {
    const jpeg = await picture(1);
    const open: Socket[] = [];
    const source = await peer((socket) => {
      open.push(socket);
      play(socket, jpeg);
    });
    const { is, more, told } = shown({ source });
    await more();
    open[0]?.resetAndDestroy();
    await until(() => told.includes("restarting"), "it is told");
    await more();
    await is("live");
    expect(open.length).toBe(2);
  });

  it("is told to be stalled when nothing more comes through, and is dialled anew", async () => {
    const jpeg = await picture(1);
    const open: Socket[] = [];
    const source = await peer((socket) => {
      const playing = play(socket, jpeg);
      if (open.push(socket) === 1) setTimeout(playing.stop, 200);
    });
    const { is, more, causes } = shown({ source });
    await is("stalled", 3000);
    await until(() => open.length === 2, "it is dialled anew", 3000);
    await is("live");
    await more();
    expect(causes).toContainEqual(expect.stringMatching(/^no data for 1(\.\d)? s$/));
    await until(() => open[0]?.closed, "the old connection is closed");
  });
});

describe("A program that writes garbage", () => {
  it("is told to be stalled, however much it writes, and is seen again when it comes to its senses", async () => {
    const once = '[ -e "$0/mad" ] || { touch "$0/mad"; exec cat /dev/urandom; }';
    const { camera, is, more, told } = shown({ source: await shots({ first: once }) });
    await is("stalled", 3000);
    expect(camera.newest).toBeUndefined();
    await is("live", 5000);
    await more();
    expect(told.slice(0, 3)).toEqual(["starting", "stalled", "failed"]);
    expect(camera.input.skipped).toBeGreaterThan(100_000);
  });
});

describe("A command that exits again and again", () => {
  it("is told to restart, with its code and its last words, and is seen in between", async () => {
    const { more, causes, told } = shown({ source: await shots({ count: 5, last: "echo 'no more' >&2; exit 3" }) });
    await more(12);
    expect(told.filter((state) => state === "restarting").length).toBeGreaterThanOrEqual(2);
    expect(causes).toContain("sh exited with code 3: no more");
    expect(told).not.toContain("failed");
  });
});

describe("A writer of a listening camera", () => {
  it("is let go of when it is silent for too long, and another one is served by the same socket", async () => {
    const port = await freePort();
    const { camera, is, more, causes, warnings } = shown({ source: `tcp-listen://127.0.0.1:${port}` });
    const jpeg = await picture(1);
    const first = await dial(port);
    let gone = false;
    first.once("close", () => {
      gone = true;
    });
    first.resume();
    first.write(jpeg);
    await more(1);
    await is("stalled", 3000);
    const refused = connect(port, "127.0.0.1")
      .resume()
      .on("error", () => {});
    await until(() => refused.closed, "one who comes meanwhile is turned away");
    expect(gone).toBe(false);
    expect(warnings).toContainEqual(expect.stringMatching(/^the writer 127\.0\.0\.1:\d+ was turned away/));
    await is("waiting", 3000);
    await until(() => gone, "the silent one is let go of");
    expect(causes).toContainEqual(expect.stringMatching(/^no data for 1(\.\d)? s$/));
    const second = await dial(port);
    onTestFinished(() => void second.destroy());
    play(second, jpeg);
    await more();
    expect(camera.state.state).toBe("live");
  });

  it.runIf(countable)("may be a program that is stopped, and is let go of just the same", async () => {
    const port = await freePort();
    const { is, more } = shown({ source: `tcp-listen://127.0.0.1:${port}` });
    const file = (await shots()).at(-1);
    const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; while :; do cat "${file}/1.jpg" >&3 || exit; sleep 0.05; done`;
    await is("waiting");
    const first = program(["bash", "-c", script]);
    await more();
    first.signal("SIGSTOP");
    await is("stalled", 3000);
    await is("waiting", 3000);
    program(["bash", "-c", script]);
    await more();
    first.signal("SIGCONT"); // it writes into a closed connection
    await first.ended;
    await more();
  });
});
