import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { Camera } from "../../src/camera/camera.ts";
import type { Frame } from "../../src/media/frame.ts";
import { allow } from "../fixtures/machine.ts";
import { needs } from "../fixtures/programs.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "teecam-loop-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const rate = 20;
const length = 12; // frames

/** Makes a film of twelve different pictures, 20 a second. */
function film(name: string, codec: readonly string[]): string {
  const file = join(folder, name);
  const raw = ["-f", "lavfi", "-i", `testsrc=size=64x48:rate=${rate}`, "-frames:v", String(length)];
  const { status, stderr } = spawnSync("ffmpeg", ["-v", "error", "-y", ...raw, ...codec, file]);
  expect(String(stderr)).toBe("");
  expect(status).toBe(0);
  return file;
}

needs("ffmpeg", "ffprobe").describe("A file that is played in a loop", () => {
  it.each([
    ["MJPEG in AVI, which is copied", "copied.avi", ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"]],
    ["MJPEG in Matroska, which is copied", "copied.mkv", ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"]],
    ["MPEG-4, which is encoded anew", "encoded.mp4", ["-c:v", "mpeg4"]],
  ])("goes on without a gap at its end: %s", async (_, name, codec) => {
    const camera = new Camera({ source: film(name, codec), loop: true }, adapter);
    onTestFinished(() => camera.close());
    const frames: Frame[] = [];
    const reader = camera.tee().getReader();
    while (frames.length < 3 * length + 3) {
      const { done, value } = await reader.read();
      expect(done, camera.state.cause ?? "").toBe(false);
      if (value) frames.push(value);
    }
    expect(frames.map(({ sequence }) => sequence)).toEqual(frames.map((_, at) => at));
    const gaps = frames.slice(1).map(({ arrival }, at) => arrival - (frames[at]?.arrival ?? 0));
    const span = gaps.slice(2).reduce((sum, gap) => sum + gap, 0) / (gaps.length - 2);
    expect(span).toBeGreaterThan(0.8 * (1000 / rate));
    expect(span).toBeLessThan(allow(1.2 * (1000 / rate)));
    expect(Math.max(...gaps.slice(2))).toBeLessThan(allow(4 * (1000 / rate))); // no start of another ffmpeg, which takes longer
    if (name.startsWith("copied")) expect(frames[length]?.data).toEqual(frames[0]?.data);
    expect(camera.state.state).toBe("live");
  });

  it("ends when it is not", async () => {
    const camera = new Camera({ source: film("once.avi", ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"]) }, adapter);
    onTestFinished(() => camera.close());
    let count = 0;
    for await (const _ of camera.tee()) count++;
    expect(count).toBe(length);
    expect(camera.state.state).toBe("ended");
  });
});
