import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import type { Frame } from "../../src/media/frame.ts";
import { findAreas } from "../../src/predict/motion/areas.ts";
import { Background } from "../../src/predict/motion/background.ts";
import type { Detection } from "../../src/predict/prediction.ts";
import { PredictorStream } from "../../src/predict/predictor-stream.ts";
import { startPredictor } from "../../src/predict/source.ts";

const size = { width: 640, height: 480 };

/** A picture with a bright square of 80 pixels, at some place. */
async function scene(sequence: number, left?: number): Promise<Frame> {
  const background = sharp({ create: { ...size, channels: 3, background: "#304050" } });
  const square = await sharp({ create: { width: 80, height: 80, channels: 3, background: "#f0e0a0" } })
    .png()
    .toBuffer();
  const image = left === undefined ? background : background.composite([{ input: square, left, top: 200 }]);
  const data = new Uint8Array(await image.jpeg({ quality: 70 }).toBuffer());
  return { ...size, data, sequence, timestamp: sequence * 100_000, arrival: performance.now() };
}

/** Runs the built-in predictor over some frames. */
async function motion(frames: readonly Frame[]): Promise<Detection[][]> {
  const life = new AbortController();
  onTestFinished(() => life.abort());
  const lines: string[] = [];
  const program = await startPredictor("motion", {
    runtime: adapter,
    camera: "front",
    signal: life.signal,
    onLine: (line) => lines.push(line),
    onRejected: () => {},
  });
  const seen: Detection[][] = [];
  const stream = new PredictorStream(program.predict, { camera: "front", signal: program.over });
  const source = new ReadableStream<Frame>({
    start(controller) {
      for (const frame of frames) controller.enqueue(frame);
      controller.close();
    },
  });
  for await (const { result } of source.pipeThrough(stream)) seen.push(result as unknown as Detection[]);
  life.abort();
  await program.gone;
  return seen;
}

describe("motion", () => {
  it("boxes what moves, in pixels of the frame, and nothing else", async () => {
    const frames = await Promise.all([undefined, undefined, 100, 160, 220, undefined].map((left, i) => scene(i, left)));
    const seen = await motion(frames);
    expect(seen.map((areas) => areas.length).slice(0, 3)).toEqual([0, 0, 1]);
    for (const [i, left] of [
      [2, 100],
      [3, 160],
      [4, 220],
    ] as const) {
      const [{ box, label, score } = { box: undefined, label: "", score: 0 }] = seen[i] ?? [];
      expect([label, score]).toEqual(["motion", 1]);
      for (const [got, meant] of [
        [box?.xmin, left],
        [box?.ymin, 200],
        [box?.xmax, left + 80],
        [box?.ymax, 280],
      ] as const) {
        expect(Math.abs((got ?? 0) - (meant ?? 0))).toBeLessThanOrEqual(8); // two pixels of the picture that is looked at
      }
    }
    expect(seen[5]).toHaveLength(0);
  });

  it("passes over a frame that is no picture", async () => {
    const data = new Uint8Array([0xff, 0xd8, 0xff, 0xd9]);
    const seen = await motion([await scene(0), { ...(await scene(1)), data }, await scene(2, 100)]);
    expect(seen.map((areas) => areas.length)).toEqual([0, 1]);
  });

  it("gives no decoder a picture that claims more than 50 megapixels", async () => {
    const frame = await scene(0);
    await expect(motion([{ ...frame, width: 10_000, height: 5001 }])).rejects.toThrow(
      /Cannot detect motion in 10000x5001 pixels: more than 50 megapixels$/,
    );
  });
});

describe("Background", () => {
  it("learns what stays, and not what passes", () => {
    const plain = new Uint8Array(100).fill(50);
    const background = new Background(plain, 0);
    const other = new Uint8Array(100).fill(50).fill(200, 0, 10);
    expect(background.compare(other, 0.1).amounts.filter((amount) => amount > 0)).toHaveLength(10);
    expect(background.compare(plain, 0.2).amounts.every((amount) => amount === 0)).toBe(true);
    for (let i = 3; i < 100; i++) background.compare(other, i / 10);
    expect(background.compare(other, 10).amounts.every((amount) => amount === 0)).toBe(true);
    for (let i = 101; i < 115; i++) {
      background.compare(plain, i / 10);
      background.absorb({ left: 0, top: 0, right: 10, bottom: 1 }, 100);
    }
    expect(background.compare(plain, 12).amounts.every((amount) => amount === 0)).toBe(true);
  });
});

describe("findAreas", () => {
  it("joins what nearly touches, and leaves out what is small or stands still", () => {
    const [width, height] = [40, 30];
    const amounts = new Uint8Array(width * height);
    const moving = new Uint8Array(width * height);
    const paint = (left: number, top: number, side: number, moves: 0 | 1) => {
      for (let y = top; y < top + side; y++) {
        amounts.fill(100, y * width + left, y * width + left + side);
        moving.fill(moves, y * width + left, y * width + left + side);
      }
    };
    paint(2, 2, 4, 1);
    paint(7, 2, 4, 1); // one pixel beside it
    paint(20, 5, 6, 1);
    paint(20, 20, 6, 0); // still
    paint(35, 25, 1, 1); // small
    const found = findAreas({ amounts, moving }, width);
    expect(found.still).toHaveLength(1);
    const places = found.moving.map(({ left, top, right, bottom, count }) => [left, top, right, bottom, count]);
    expect(places).toEqual([
      [20, 5, 26, 11, 36],
      [2, 2, 11, 6, 32],
    ]);
  });
});
