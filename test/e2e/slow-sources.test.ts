import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { picture } from "../fixtures/picture.ts";
import { freePort } from "../fixtures/ports.ts";
import { program } from "../fixtures/processes.ts";
import { needs } from "../fixtures/programs.ts";
import { rtspCamera } from "../fixtures/rtsp.ts";
import { serve } from "../fixtures/serve.ts";
import type { Teecam } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";
import { watchStream } from "../fixtures/viewers.ts";

const limit = 60_000; // milliseconds: they take long by their nature

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "teecam-slow-"));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

/** What is told of the only camera. */
async function camera({ url }: Teecam): Promise<{ state: string; restarts: number; detail: string | null }> {
  return (await fetch(`${url}/cameras/camera`)).json() as Promise<{
    state: string;
    restarts: number;
    detail: string | null;
  }>;
}

/** Waits until a viewer has got so many pictures. */
async function shows(server: Teecam, count: number): Promise<void> {
  const viewer = await watchStream(`${server.url}/stream`);
  await until(() => viewer.seen >= count, "pictures are shown", limit);
}

it("Standard input is waited for, however long it pauses", async () => {
  const config = join(await folder(), "teecam.yaml");
  await writeFile(config, "cameras: { camera: { source: '-', deadlines: { frame: 300ms } } }");
  const server = await serve(["--config", config], { stdin: "pipe" });
  const viewer = await watchStream(`${server.url}/stream`);
  for (let n = 0; n < 3; n++) {
    server.child.stdin?.write(await picture(n));
    await until(() => viewer.seen === n + 1, "the picture is shown");
    await until(async () => (await camera(server)).state === "stalled", "it has paused");
    await until(() => server.output().includes("stalled"), "it is told");
  }
  expect((await camera(server)).restarts).toBe(0);
});

needs("ffmpeg", "ffprobe").describe("What ffmpeg reads", () => {
  const ffmpeg = ["ffmpeg", "-v", "error", "-nostdin"];
  const moving = (fps: number) => ["-f", "lavfi", "-i", `testsrc=size=160x120:rate=${fps}`];

  it.each([
    ["one frame a second", { fps: 1 }],
    ["a key frame in 20 s", { fps: 5, keyInterval: 100 }],
    ["UDP alone", { transport: "udp" }],
  ] as const)("comes alive by RTSP with %s, and stays", async (_, options) => {
    const port = await rtspCamera("user:password", options);
    const server = await serve([`rtsp://user:password@127.0.0.1:${port}/live`]);
    await shows(server, 5);
    expect(await camera(server)).toMatchObject({ state: "live", restarts: 0 });
  });

  it("comes alive by UDP with little more than a picture a second", async () => {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    socket.close();
    program([...ffmpeg, "-re", ...moving(2), "-c:v", "mjpeg", "-f", "mjpeg", `udp://127.0.0.1:${port}?pkt_size=1316`]);
    const server = await serve([`udp://127.0.0.1:${port}`]);
    await shows(server, 4);
  });

  it("is a film that comes later, which is copied byte for byte", async () => {
    const home = await folder();
    const args = [...moving(10), "-t", "3", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", join(home, "made.avi")];
    execFileSync("ffmpeg", [...ffmpeg.slice(1), ...args]);
    const config = join(home, "teecam.yaml");
    await writeFile(config, "cameras: { camera: { source: late.avi, loop: true } }");
    const server = await serve(["--config", config, "--log-level", "debug"]);
    await until(async () => (await camera(server)).detail?.includes("no such file"), "it is not there", limit);
    await rename(join(home, "made.avi"), join(home, "late.avi"));
    await shows(server, 5);
    const commandLine = () =>
      String(execFileSync("ps", ["-eo", "args"]))
        .split("\n")
        .find((one) => /^(?:\S*\/)?ffmpeg /.test(one) && one.includes(`${home}/late.avi`)); // Deno starts it by its path
    expect(await until(commandLine, "ffmpeg runs")).toContain("-c:v copy");
  });

  it.each([
    ["raw H.264", ["-c:v", "libx264"], "clip.h264"],
    ["multipart", ["-c:v", "mjpeg", "-f", "mpjpeg"], "clip.mjpg"],
    ["MPEG-TS", ["-c:v", "mpeg2video"], "clip.ts"],
    ["MPEG-PS", ["-c:v", "mpeg2video", "-f", "vob"], "clip.mpg"],
    ["H.264 in AVI", ["-c:v", "libx264"], "clip.avi"],
    ["a film", ["-c:v", "libx264"], "clip.mp4"],
    ["a GIF", [], "clip.gif"],
  ])("is played again and again: %s", async (_, encoder, name) => {
    const file = join(await folder(), name);
    execFileSync("ffmpeg", [...ffmpeg.slice(1), ...moving(10), "-t", "1", ...encoder, file]);
    const server = await serve(["--loop", file]);
    await shows(server, 35);
    expect(await camera(server)).toMatchObject({ state: "live", restarts: 0 });
  });
});

it("A port that nobody listens on is told first, and once, while a camera stays down", async () => {
  const port = await freePort();
  const server = await serve([`rtsp://127.0.0.1:${port}/live`]);
  await until(async () => (await camera(server)).restarts >= 3, "it has failed often", limit);
  expect((await camera(server)).detail).toMatch(new RegExp(`^connection refused by 127.0.0.1:${port}`));
  expect(server.output().match(/failed/g)).toHaveLength(1);
});
