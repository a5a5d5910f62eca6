import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { Camera } from "../../src/camera/camera.ts";
import type { Frame } from "../../src/media/frame.ts";
import { stopwatch } from "../fixtures/machine.ts";
import { until } from "../fixtures/until.ts";
import { join, jpeg } from "../media/jpeg-builder.ts";

const tiny = jpeg();
const fps = 20;

function start(options: ConstructorParameters<typeof Camera>[0]): Camera {
  const camera = new Camera(options, adapter);
  onTestFinished(() => camera.close());
  return camera;
}

/** Milliseconds between a camera's next frames, in order of size. */
async function gaps(camera: Camera, count: number): Promise<number[]> {
  const reader = camera.tee().getReader();
  await reader.read();
  const found: number[] = [];
  for (let elapsed = stopwatch(); found.length < count; elapsed = stopwatch()) {
    await reader.read();
    found.push(elapsed());
  }
  await reader.cancel();
  return found.sort((a, b) => a - b);
}

const p99 = (sorted: readonly number[]) => sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.POSITIVE_INFINITY;

it("A flood of tiny JPEGs is cut down to what a camera can make, and another camera keeps its frames", async () => {
  const folder = await mkdtemp(path(tmpdir(), "flood-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path(folder, "tiny");
  await writeFile(file, join(...new Array<Uint8Array>(20_000).fill(tiny)));
  const other = start({ id: "other", source: `testcard:64x48@${fps}` });
  const alone = p99(await gaps(other, 5 * fps));
  const flood = start({ id: "flood", source: ["sh", "-c", `while :; do cat ${file}; done`] });
  const frames: Frame[] = [];
  void flood.tee().pipeTo(new WritableStream({ write: (frame) => void frames.push(frame) }));
  await until(() => flood.input.dropped.flood > 1000, "it floods");
  const [begun, before] = [performance.now(), flood.input.frames];
  const beside = p99(await gaps(other, 5 * fps));
  const seconds = (performance.now() - begun) / 1000;
  expect(beside).toBeLessThan(Math.max(3 * (1000 / fps), 3 * alone));
  expect(flood.input.frames - before).toBeLessThanOrEqual(240 * seconds + 241);
  expect(flood.state.state).toBe("live");
  expect(frames.length).toBeGreaterThan(100);
  expect(flood.input.dropped).toMatchObject({ truncated: 0, malformed: 0 });
});

it("A camera may be as fast as its fps says", async () => {
  const folder = await mkdtemp(path(tmpdir(), "fast-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path(folder, "tiny");
  await writeFile(file, join(...new Array<Uint8Array>(400).fill(tiny)));
  const camera = start({ source: ["sh", "-c", `cat ${file}; exec sleep 100`], fps: 500 });
  await until(() => camera.input.frames === 400, "all have come in");
  expect(camera.input.dropped.flood).toBe(0);
});
