import { describe, expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import type { VideoChunk } from "../../src/media/video-chunk.ts";
import { Branch } from "../../src/relay/branch.ts";
import { Broadcaster } from "../../src/relay/broadcaster.ts";
import type { Process, Spawn } from "../../src/source/process.ts";
import { VideoTrack, type VideoTrackOptions } from "../../src/video/track.ts";
import { pause } from "../fixtures/machine.ts";
import { needs } from "../fixtures/programs.ts";
import { until } from "../fixtures/until.ts";
import { decode } from "./decode.ts";
import { type Pictures, pictures } from "./pictures.ts";

/** Runs programs as the adapter does, and keeps those that code. */
function spawner() {
  const encoders: Process[] = [];
  const spawn: Spawn = async (argv, options) => {
    const process = await adapter.spawn(argv, options);
    if (argv.includes("pipe:0")) encoders.push(process);
    return process;
  };
  return { spawn, encoders };
}

/** A video track on pictures that the test shows. */
function coding(options: Partial<VideoTrackOptions> = {}) {
  const shown = pictures();
  const { spawn, encoders } = spawner();
  const video = new VideoTrack({ camera: "front", spawn, pictures: shown.track, frameRate: () => 25, ...options });
  onTestFinished(() => video.close());
  return { shown, video, encoders };
}

/** Reads chunks into a list until the test is over. */
function read(video: VideoTrack) {
  const chunks: VideoChunk[] = [];
  const reader = video.tee().getReader();
  const closed = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      chunks.push(value);
    }
  })();
  onTestFinished(() => reader.cancel());
  const count = (count: number) => until(() => chunks.length >= count, `${count} chunks come`);
  return { chunks, closed, count, cancel: () => reader.cancel() };
}

needs("ffmpeg").describe("A video track", () => {
  it("gives every picture under its own number, capture time and timecode: 300 of 300", async () => {
    const shown = pictures();
    const all = new Broadcaster(shown.track.tee({ retention: { queue: 400 } }));
    const queue = () => all.tee({ retention: { queue: 400 } });
    const { video } = coding({ pictures: { tee: queue } as unknown as Pictures["track"] });
    const { chunks } = read(video);
    const frames = [];
    for (let n = 0; n < 300; n++) {
      frames.push(await shown.show(1000 + n));
      await until(() => chunks.length > n, `picture ${n} comes back`);
    }
    expect(await decode(chunks)).toEqual(frames.map(({ sequence }) => sequence));
    for (const [n, { sequence, timestamp, arrival, width, height }] of chunks.entries()) {
      expect(frames[n]).toMatchObject({ sequence, timestamp, arrival, width, height });
    }
    expect(chunks.filter(({ key }) => key)).toEqual([chunks[0]]);
    expect(chunks.every(({ time }, n) => n === 0 || time > (chunks[n - 1]?.time ?? 0))).toBe(true);
    expect(chunks[0]?.codec).toMatch(/^avc1\.42c0[0-9a-f]{2}$/);
  });

  it("makes a key of the next picture for each new reader, which begins with it", async () => {
    const { shown, video } = coding();
    const first = read(video);
    shown.play(25);
    await first.count(30);
    const joined = first.chunks.length;
    const second = read(video);
    await second.count(5);
    expect(second.chunks[0]?.key).toBe(true);
    expect(second.chunks.slice(1).some(({ key }) => key)).toBe(false);
    const number = first.chunks.findIndex(({ key }, n) => key && n >= joined);
    expect(number - joined).toBeLessThan(8);
    expect((await decode([...second.chunks]))[0]).toBe(second.chunks[0]?.sequence);
    expect(video.report()).toMatchObject({ state: "live", encoder: "libx264", keys: 2, restarts: 0, readers: 2 });
    expect(video.report().bitrate).toBeGreaterThan(0);
  });

  it("starts with its first reader, and ends some time after its last", async () => {
    const { shown, video, encoders } = coding({ idleTimeout: 300 });
    shown.play(25);
    await pause(100);
    expect([video.state.state, encoders.length]).toEqual(["idle", 0]);
    const reader = read(video);
    await reader.count(3);
    expect([video.state.state, encoders.length, shown.track.readers]).toEqual(["live", 1, 1]);
    await reader.cancel();
    await encoders[0]?.exited;
    await until(() => video.state.state === "idle" && shown.track.readers === 0, "it is idle");
    const again = read(video);
    await again.count(3);
    expect([again.chunks[0]?.key, encoders.length]).toEqual([true, 2]);
  });

  it("goes on with a key when ffmpeg is killed, and readers notice nothing else", async () => {
    const { shown, video, encoders } = coding();
    const { chunks, count } = read(video);
    shown.play(25);
    await count(10);
    encoders[0]?.kill("SIGKILL");
    await until(() => encoders.length > 1, "another one is started");
    await count(chunks.length + 10);
    const got = [...chunks];
    expect(got.filter(({ key }) => key)).toHaveLength(2);
    const isNew = ({ sequence, key }: VideoChunk, n: number) => sequence > (got[n - 1]?.sequence ?? -1) || key;
    expect(got.every(isNew)).toBe(true); // the next run begins with the newest picture, coded already or not
    expect(await decode(got)).toEqual(got.map(({ sequence }) => sequence));
    expect(video.report()).toMatchObject({ restarts: 1, keys: 2, state: "live" });
  });

  it("begins anew when the size of the pictures changes", async () => {
    const { shown, video } = coding();
    const { chunks, count } = read(video);
    await shown.show(1);
    await count(1);
    await shown.show(2, { size: "160x120" });
    await count(2); // the newest picture is there when the next run begins
    expect(chunks[1]).toMatchObject({ key: true, sequence: 2, width: 160, height: 120 });
    expect(await decode(chunks.slice(1), 160, 120)).toEqual([2]);
  });

  it("leaves out what cannot be decoded, and codes what follows", async () => {
    const { shown, video } = coding();
    const { chunks, count } = read(video);
    await shown.show(1);
    await count(1);
    const data = new Uint8Array([0xff, 0xd8, 0xff, 0xd9]);
    for (let n = 2; n < 5; n++) await shown.show(n, { data });
    await pause(50);
    await shown.show(5);
    await until(() => chunks.at(-1)?.sequence === 5, "the good one comes");
    expect(await decode(chunks)).toEqual(chunks.map(({ sequence }) => sequence));
  });

  it("shows the picture of a slow camera to who comes between two of them", async () => {
    const { shown, video } = coding();
    const first = read(video);
    await shown.show(1);
    await first.count(1);
    const second = read(video);
    await second.count(1);
    expect(second.chunks[0]).toMatchObject({ key: true, sequence: 1 });
    expect(await decode(second.chunks)).toEqual([1]);
  });

  it("ends with the camera, for all readers, and at once for who comes later", async () => {
    const { shown, video } = coding();
    const { chunks, count, closed } = read(video);
    await shown.show(1);
    await count(1);
    shown.end();
    await closed;
    expect(chunks).toHaveLength(1);
    expect(video.state).toMatchObject({ state: "ended", detail: null });
    await read(video).closed;
  });

  it("closes at once, whatever it does", async () => {
    const { shown, video, encoders } = coding();
    const { closed } = read(video);
    await shown.show(1);
    await until(() => encoders.length > 0, "it runs");
    await video.close();
    await closed;
    await encoders[0]?.exited;
  });

  it("codes at another size, bitrate and preset, with even sides", async () => {
    const { shown, video } = coding({ size: "161x", bitrate: 500, preset: "ultrafast" });
    const { chunks, count } = read(video);
    await shown.show(3);
    await count(1);
    expect(chunks[0]).toMatchObject({ width: 320, height: 240 }); // those of the frame
    expect(await decode(chunks, 160, 120)).toHaveLength(1);
  });
});

describe("A video track without an encoder", () => {
  const program = (script: string): Spawn => {
    return (_, options) => adapter.spawn(["sh", "-c", script], options);
  };

  it.each([
    ["no ffmpeg", () => adapter.spawn(["no-such-ffmpeg"]), "no-such-ffmpeg: command not found"],
    ["an ffmpeg without H.264", program("echo ' V....D mpeg4  MPEG-4'"), "ffmpeg has no encoder for H.264"],
  ] as const)("says so with %s, and tries again", async (_, spawn, why) => {
    const { video } = coding({ spawn });
    expect(await video.unavailable()).toBe(why);
    read(video);
    await until(() => video.state.state === "failed", "it fails");
    expect(video.state.cause).toBe(why);
  });

  it("names those that there are, when another one is asked for", async () => {
    const { video } = coding({ spawn: program("echo ' V....D libx264  x264'"), encoder: "h264_nvenc" });
    expect(await video.unavailable()).toBe("ffmpeg has no encoder h264_nvenc; it has libx264");
  });

  it("tries the next of several when one of them codes nothing", async () => {
    const list = "printf ' V....D h264_vaapi  x\\n V....D h264_nvenc  x\\n'";
    const argvs: string[] = [];
    const spawn: Spawn = (argv, options) => {
      if (argv.includes("pipe:0")) argvs.push(argv[argv.indexOf("-c:v") + 1] ?? "");
      return adapter.spawn(["sh", "-c", argv.includes("-encoders") ? list : "exit 1"], options);
    };
    const { video } = coding({ spawn });
    read(video);
    await until(() => argvs.length >= 3, "it has tried");
    expect(argvs.slice(0, 3)).toEqual(["h264_vaapi", "h264_nvenc", "h264_vaapi"]);
  });
});

describe("A branch of coded chunks", () => {
  it("refuses a maximum rate, because it would drop what others depend on", () => {
    const create = () => new Branch({ start() {}, cancel() {} }, { retention: "since-key", fps: 5 });
    expect(create).toThrow("Cannot limit the rate of coded chunks");
  });
});
