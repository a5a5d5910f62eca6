import { existsSync } from "node:fs";
import { mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { Camera } from "../../src/camera/camera.ts";
import type { CameraOptions } from "../../src/camera/options.ts";
import { numberOf, picture } from "../fixtures/picture.ts";
import { until } from "../fixtures/until.ts";

/** A folder with pictures of these names, each numbered by its place. */
async function folderOf(...names: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "teecam-slides-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [number, name] of names.entries()) await writeFile(join(folder, name), await picture(number));
  return folder;
}

/** A camera, and the numbers of the pictures that it shows. */
function show(options: CameraOptions) {
  const camera = new Camera(options, adapter);
  onTestFinished(() => camera.close());
  const numbers: (number | undefined)[] = [];
  const note = new WritableStream({ write: ({ data }) => void numbers.push(numberOf(data)) });
  return { camera, numbers, over: camera.tee({ retention: { queue: 100 } }).pipeTo(note) };
}

it("The pictures of a folder are shown in the order of their numbers, and end", async () => {
  const folder = await folderOf("p1.jpg", "p2.jpg", "p10.JPG", ".p0.jpg", "notes.txt");
  await rename(join(folder, "p10.JPG"), join(folder, "p10.jpg"));
  const { camera, numbers, over } = show({ source: join(folder, "p*.jpg"), every: 50 });
  await over;
  expect(numbers).toEqual([0, 1, 2]);
  expect(camera.state.state).toBe("ended");
});

it("In a loop they come again, and new ones with them", async () => {
  const folder = await folderOf("1.jpg");
  const { numbers } = show({ source: join(folder, "*.jpg"), every: 20, loop: true });
  await until(() => numbers.length > 2, "it comes again");
  await writeFile(join(folder, "2.jpg"), await picture(7));
  await until(() => numbers.filter((number) => number === 7).length > 1, "the new one comes too");
});

it("One file in a loop is read anew each time", async () => {
  const folder = await folderOf("still.jpg");
  const file = join(folder, "still.jpg");
  const { numbers } = show({ source: file, every: 20, loop: true });
  await until(() => numbers.length > 2, "it comes again");
  await writeFile(join(folder, "next.jpg"), await picture(8));
  await rename(join(folder, "next.jpg"), file);
  await until(() => numbers.at(-1) === 8, "it shows what the file holds now");
});

it("A file is read to its end, and no further than max_frame", async () => {
  const folder = await folderOf("1.jpg");
  const [fits, tooLarge] = [await picture(5, { size: 20_000 }), await picture(6, { size: 20_001 })];
  await writeFile(join(folder, "1.jpg"), fits);
  await writeFile(join(folder, "2.jpg"), tooLarge);
  const maxFrameSize = fits.length;
  const { camera, numbers } = show({ source: join(folder, "*.jpg"), every: 20, loop: true, maxFrameSize });
  await until(() => camera.state.state === "restarting", "the second one is too large");
  expect(new Set(numbers)).toEqual(new Set([5]));
  expect(camera.state.cause).toBe(`${join(folder, "2.jpg")} has more than max_frame (${maxFrameSize} bytes)`);
  expect(camera.state.detail).toBe(`a file has more than max_frame (${maxFrameSize} bytes)`);
});

it("Files that are not there are waited for", async () => {
  const folder = await folderOf();
  const { camera, numbers } = show({ source: join(folder, "*.jpg"), every: 20, loop: true });
  await until(() => camera.state.state === "failed", "there is none");
  expect(camera.state.cause).toContain("no file matches");
  expect(camera.state.detail).toContain("no file matches the pattern");
  await writeFile(join(folder, "1.jpg"), await picture(3));
  await until(() => numbers.includes(3), "it is shown");
});

it.runIf(existsSync("/dev/zero"))(
  "A device among the pictures, or as certificates, is an error and is not read",
  async () => {
    const folder = await folderOf();
    await symlink("/dev/zero", join(folder, "1.jpg"));
    const slides = show({ source: join(folder, "*.jpg") });
    void slides.over.catch(() => {});
    const trust = show({ source: "https://127.0.0.1:1/", tls: { ca: join(folder, "1.jpg") } });
    void trust.over.catch(() => {});
    for (const { camera } of [slides, trust]) {
      await until(() => camera.state.cause?.includes("is a pipe or a device, not a file"), `${camera.source} fails`);
    }
  },
);
