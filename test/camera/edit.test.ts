import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { Camera } from "../../src/camera/camera.ts";
import { editFrames } from "../../src/camera/edit.ts";
import { type FrameEditorOptions, frameEditor } from "../../src/camera/edit-frame.ts";
import type { Frame } from "../../src/media/frame.ts";
import { thumbnail } from "../../src/transport/thumbnail.ts";
import { until } from "../fixtures/until.ts";

const colours = { red: [254, 0, 0], green: [0, 255, 1], blue: [0, 0, 254], white: [255, 255, 255] } as const;

/** A frame of 64x32 whose quarters are red, green, blue and white. */
async function frame(sequence = 0): Promise<Frame> {
  const quarter = (colour: readonly [number, number, number]) => {
    const [r, g, b] = colour;
    return sharp({ create: { width: 32, height: 16, channels: 3, background: { r, g, b } } })
      .png()
      .toBuffer();
  };
  const places = [
    [colours.red, 0, 0],
    [colours.green, 32, 0],
    [colours.blue, 0, 16],
    [colours.white, 32, 16],
  ] as const;
  const layers = places.map(async ([colour, left, top]) => ({ input: await quarter(colour), left, top }));
  const ground = sharp({ create: { width: 64, height: 32, channels: 3, background: "black" } });
  const made = ground.composite(await Promise.all(layers)).jpeg({ quality: 100, chromaSubsampling: "4:4:4" });
  const data = new Uint8Array(await made.toBuffer());
  return { data, sequence, timestamp: 1.76e15, arrival: 5, width: 64, height: 32 };
}

/** The size of an edited frame, and the colours at its four corners from the upper left one on. */
async function edited(options: FrameEditorOptions, before?: Frame) {
  const { data, width, height } = await frameEditor({ quality: 100, ...options })(before ?? (await frame()));
  const { data: pixels, info } = await sharp(data).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([width, height]);
  const colourAt = (x: number, y: number) => {
    const pixel = [...pixels.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)];
    const isNear = (colour: readonly number[]) => colour.every((value, at) => Math.abs(value - (pixel[at] ?? 0)) < 60);
    return Object.entries(colours).find(([, colour]) => isNear(colour))?.[0] ?? `${pixel}`;
  };
  const [right, bottom] = [width - 2, height - 2];
  const corners = [colourAt(2, 2), colourAt(right, 2), colourAt(2, bottom), colourAt(right, bottom)];
  return `${width}x${height} ${corners.join(" ")}`;
}

it("Frames above the frame rate are not edited, and are signs of life all the same", async () => {
  const one = await frame();
  const edited: number[] = [];
  const source = new ReadableStream<Frame>({
    async start(controller) {
      for (let sequence = 0; sequence < 6; sequence++) {
        controller.enqueue({ ...one, sequence });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      controller.close();
    },
  });
  const edit = async (frame: Frame) => {
    edited.push(frame.sequence);
    return { ...frame, width: 1 };
  };
  const frames: Frame[] = [];
  for await (const frame of editFrames(source, edit, { accepts: ({ sequence }) => sequence % 3 === 0 })) {
    frames.push(frame);
  }
  expect(edited).toEqual([0, 3]);
  expect(frames.map(({ sequence, width }) => [sequence, width])).toEqual([
    [0, 1],
    [1, 64],
    [2, 64],
    [3, 1],
    [4, 64],
    [5, 64],
  ]);
});

it("A camera with fps and edits shows edited frames alone, numbered without gaps", async () => {
  const camera = new Camera({ source: "testcard:64x48@20", fps: 5, rotate: 90, warmup: 2 }, adapter);
  onTestFinished(() => camera.close());
  const frames: Frame[] = [];
  void camera.tee().pipeTo(new WritableStream({ write: (frame) => void frames.push(frame) }));
  await until(() => frames.length >= 4, "there are pictures");
  expect(frames.slice(0, 4).map(({ sequence, width, height }) => [sequence, width, height])).toEqual(
    [0, 1, 2, 3].map((sequence) => [sequence, 48, 64]),
  );
  expect(camera.filtered.warmup).toBe(2);
  expect(camera.filtered.rate).toBeGreaterThan(3);
});

describe("An edited frame", () => {
  it.each<[FrameEditorOptions, string]>([
    [{}, "64x32 red green blue white"],
    [{ rotate: 90 }, "32x64 blue red white green"],
    [{ rotate: 180 }, "64x32 white blue green red"],
    [{ rotate: 270 }, "32x64 green white red blue"],
    [{ flip: "horizontal" }, "64x32 green red white blue"],
    [{ flip: "vertical" }, "64x32 blue white red green"],
    [{ crop: "32x16+32+16" }, "32x16 white white white white"],
    [{ crop: "9999x9999+32+0" }, "32x32 green green white white"],
    [{ resize: "32x" }, "32x16 red green blue white"],
    [{ resize: "x64" }, "128x64 red green blue white"],
    [{ resize: "40x40" }, "40x40 red green blue white"],
    [{ crop: "32x32+0+0", rotate: 90, resize: "64x" }, "64x64 blue red blue red"],
    [{ crop: "64x16+0+0", rotate: 90, resize: "32x" }, "32x128 red red green green"],
    [{ crop: "64x16+0+16", rotate: 270, flip: "vertical", resize: "x32" }, "8x32 blue blue white white"],
    [{ rotate: 90, flip: "horizontal" }, "32x64 red blue green white"],
    [{ rotate: 90, flip: "vertical", resize: "16x" }, "16x32 white green blue red"],
  ])("by %j is %s", async (options, expected) => {
    expect(await edited(options)).toBe(expected);
  });

  it.each(["clock", "front door & <yard>", "a text that is much too long for so small a picture"])(
    "has %j written over its lower left corner, and only there",
    async (overlay) => {
      const [size, upperLeft, upperRight, lowerLeft] = (await edited({ resize: "640x", overlay })).split(" ");
      expect([size, upperLeft, upperRight]).toEqual(["640x320", "red", "green"]);
      expect(lowerLeft).not.toBe("blue");
    },
  );

  it.each<[FrameEditorOptions, string]>([
    [{}, "32x64 blue red white green"],
    [{ crop: "16x64+16+0" }, "16x64 red red green green"],
    [{ rotate: 270, resize: "128x" }, "128x64 red green blue white"],
  ])("that says by EXIF that it lies on its side is upright by %j", async (options, expected) => {
    const { data, ...rest } = await frame();
    const lying = new Uint8Array(await sharp(data).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer());
    expect(await edited(options, { data: lying, ...rest })).toBe(expected);
    const small = await thumbnail({ data: lying, ...rest }, 16);
    expect(await sharp(small).metadata()).toMatchObject({ width: 16, height: 32 });
  });

  it("keeps its time and its number", async () => {
    const before = await frame(7);
    const { sequence, timestamp, arrival } = await frameEditor({ rotate: 90 })(before);
    expect({ sequence, timestamp, arrival }).toEqual({ sequence: 7, timestamp: 1.76e15, arrival: 5 });
  });
});

describe("editFrames", () => {
  const numbered = (sequence: number) => ({ sequence }) as Frame;

  it("changes the newest frame, one at a time, and leaves out what came meanwhile", async () => {
    let source: ReadableStreamDefaultController<Frame> | undefined;
    const frames = new ReadableStream<Frame>({
      start(controller) {
        source = controller;
      },
    });
    const waiting: (() => void)[] = [];
    const edit = async (frame: Frame) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return frame;
    };
    const reader = editFrames(frames, edit).getReader();
    const first = reader.read();
    source?.enqueue(numbered(0));
    await until(() => waiting.length === 1, "the first is being changed");
    for (let n = 1; n < 5; n++) source?.enqueue(numbered(n));
    source?.close();
    waiting[0]?.();
    expect((await first).value?.sequence).toBe(0);
    const second = reader.read();
    await until(() => waiting.length === 2, "the newest is being changed");
    waiting[1]?.();
    expect((await second).value?.sequence).toBe(4);
    expect((await reader.read()).done).toBe(true);
  });

  it("errors as its source does, is cancelled with it, and leaves out a frame that cannot be changed", async () => {
    const failing = new ReadableStream<Frame>({ start: (controller) => controller.error(new Error("gone")) });
    await expect(
      editFrames(failing, async (frame) => frame)
        .getReader()
        .read(),
    ).rejects.toThrow("gone");
    const reasons: unknown[] = [];
    const idle = new ReadableStream<Frame>({ cancel: (reason) => void reasons.push(reason) });
    const reader = editFrames(idle, async (frame) => frame).getReader();
    const pending = reader.read();
    await reader.cancel("enough");
    expect([(await pending).done, reasons]).toEqual([true, ["enough"]]);
    const errors: unknown[] = [];
    const one = new ReadableStream<Frame>({
      start(controller) {
        controller.enqueue(numbered(0));
        controller.close();
      },
    });
    const broken = editFrames(one, () => Promise.reject(new Error("no JPEG")), {
      onError: (error) => errors.push(error),
    });
    expect((await broken.getReader().read()).done).toBe(true);
    expect(errors).toHaveLength(1);
  });
});

it("A camera shows its pictures as they are asked for", async () => {
  const camera = new Camera({ source: "testcard:320x160@10", rotate: 90, resize: "80x", overlay: "clock" }, adapter);
  onTestFinished(() => camera.close());
  const { newest } = await until(() => camera.newest && camera, "a picture comes");
  expect([newest?.width, newest?.height]).toEqual([80, 160]);
  const bad = (options: object) => () => new Camera({ id: "front", ...options }, adapter);
  expect(bad({ rotate: 45 })).toThrow("rotate must be 90, 180 or 270, not 45");
  expect(bad({ crop: "1x1" })).toThrow("crop must be WIDTHxHEIGHT+LEFT+TOP");
  expect(bad({ resize: "x" })).toThrow("resize must be 640x480, 640x or x480");
});
