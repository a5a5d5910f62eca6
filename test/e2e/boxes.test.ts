import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { ballBox } from "../../src/testcard/ball.ts";
import { readTimecode } from "../../src/testcard/timecode.ts";
import { changes, executablePath, launch, look, open } from "../fixtures/browser.ts";
import { allow } from "../fixtures/machine.ts";
import { setSetting, text } from "../fixtures/page.ts";
import { needs } from "../fixtures/programs.ts";
import { serve } from "../fixtures/serve.ts";
import { until } from "../fixtures/until.ts";

const size = { width: 640, height: 480 };
const source = (file: string) => JSON.stringify(new URL(`../../src/testcard/${file}.ts`, import.meta.url).href);

/**
 * A predictor that locates the ball in its frame and takes 100 ms, in a busy loop. It exits with code 3 while there is a
 * file named "die" next to it.
 */
const ball = `
import { existsSync } from "node:fs";
import process from "node:process";
import sharp from ${JSON.stringify(pathToFileURL(createRequire(import.meta.url).resolve("sharp")).href)};
import { ballBox } from ${source("ball")};
import { readTimecode } from ${source("timecode")};
export default async function predict({ data, width, height }) {
  const end = performance.now() + 100;
  if (existsSync(new URL("die", import.meta.url))) process.exit(3);
  const pixels = await sharp(data).raw().toBuffer();
  const timecode = readTimecode(pixels, width, height, 3);
  if (!timecode) throw new Error("Cannot read the timecode");
  const box = ballBox(timecode.time, { width, height });
  while (performance.now() < end);
  return [{
    label: "ball",
    score: 0.98,
    box: { xmin: box.x, ymin: box.y, xmax: box.x + box.width, ymax: box.y + box.height },
  }];
}
`;

/** The colour in which the page draws boxes of these labels. */
const ink = { ball: [0x5f, 0xf0, 0xe0], motion: [0xc6, 0xf1, 0x35] } as const;
type Colour = readonly [number, number, number];

const tile = '[data-camera="front"]';

/** Serves the test card with a predictor; `folder` holds the predictor. */
async function serveWith(predict: unknown): Promise<{ url: string; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "teecam-boxes-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "ball.ts"), ball);
  const front = { source: `testcard:${size.width}x${size.height}@30`, predict };
  await writeFile(join(folder, "teecam.yaml"), JSON.stringify({ cameras: { front } }));
  const { url } = await serve(["--config", join(folder, "teecam.yaml")]);
  return { url, folder };
}

/** A camera as it is painted at one moment, with everything drawn over it, scaled to the camera's pixels. */
interface Painted {
  /** When the test card was drawn, in milliseconds since the epoch. */
  readonly time: number;
  /** Whether a pixel there, or one next to it, has a colour. */
  has(x: number, y: number, colour: Colour): boolean;
}

/** Returns what the browser has painted, by a screenshot; undefined while the timecode in it cannot be read. */
async function painted(page: Page, selector: string): Promise<Painted | undefined> {
  const png = sharp(await page.locator(selector).screenshot({ type: "png" }));
  const { width, height } = size;
  const place = await png.metadata();
  const scale = Math.min(place.width / width, place.height / height);
  const picture = { width: Math.floor(width * scale), height: Math.floor(height * scale) }; // in the middle of its place
  const left = Math.floor((place.width - picture.width) / 2);
  const top = Math.floor((place.height - picture.height) / 2);
  const cut = png.extract({ left, top, ...picture }).removeAlpha();
  const pixels = await cut.resize(width, height, { fit: "fill" }).raw().toBuffer();
  const timecode = readTimecode(pixels, width, height, 3);
  const is = (x: number, y: number, colour: Colour) =>
    colour.every((level, channel) => Math.abs((pixels[(y * width + x) * 3 + channel] ?? 0) - level) < 70);
  const near = [-2, -1, 0, 1, 2];
  return (
    timecode && {
      time: timecode.time,
      has: (x, y, colour) => near.some((dy) => near.some((dx) => is(Math.round(x) + dx, Math.round(y) + dy, colour))),
    }
  );
}

/** Returns how much of the box around the ball of that very picture is drawn as a line: 0 to 1. */
function outlined({ time, has }: Painted): number {
  const { x, y, width, height } = ballBox(time, size);
  const steps = Array.from({ length: 21 }, (_, step) => step / 20);
  const points = steps.flatMap((step) => [
    [x + step * width, y],
    [x + step * width, y + height],
    [x, y + step * height],
    [x + width, y + step * height],
  ]);
  return points.filter(([px = 0, py = 0]) => has(px, py, ink.ball)).length / points.length;
}

/** Tells whether lines of `motion` surround the ball of that very picture on all four sides. */
function surrounded({ time, has }: Painted): boolean {
  const { x, y, width, height } = ballBox(time, size);
  const far = Array.from({ length: 80 }, (_, step) => step); // pixels: the box has room for the ball's trail
  const sides = [
    [-1, 0],
    [1, 0],
    [0, -1],
    [0, 1],
  ];
  return sides.every(([dx = 0, dy = 0]) => {
    const at = far.findIndex((step) => has(x + width / 2 + dx * step, y + height / 2 + dy * step, ink.motion));
    return at >= width / 2 - 8; // motion is looked for in a picture a quarter as wide
  });
}

/** Captures so many painted pictures, each another one. */
async function paintings(page: Page, selector: string, times: number): Promise<Painted[]> {
  const all: Painted[] = [];
  while (all.length < times) {
    const one = await until(() => painted(page, selector), "a picture is painted");
    if (one.time !== all.at(-1)?.time) all.push(one);
  }
  return all;
}

/** Waits until so many paintings in a row have the box on the ball; a busy machine may fall out of step for a while. */
function inStep(page: Page, selector: string, times: number): Promise<true> {
  const whole = async () => (await paintings(page, selector, times)).every((one) => outlined(one) > 0.95);
  return until(async () => (await whole()) && (true as const), `boxes are in step ${times} times in a row`);
}

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const test = needs(executablePath).it;

test("With synchronized boxes, the box of a slow predictor lies on the ball in the same painted frame, in the grid and in the detail view", async () => {
  const { url } = await serveWith({ module: "./ball.ts" });
  const { page, complaints } = await open(browser, url);
  await setSetting(page, "Sync boxes", true);
  await page.waitForSelector(`${tile} canvas.boxes`, { state: "attached" });
  await until(async () => / fps · \d+ ms$/.test(await text(page, `${tile} .predictor`)), "boxes are synchronized");
  await changes(page, `${tile} canvas`, 3);
  await inStep(page, `${tile} .frame`, 8);

  await page.click(`${tile} canvas`);
  await page.waitForSelector('dialog[data-state="live"] canvas.boxes', { state: "attached" });
  await changes(page, "dialog canvas", 5);
  expect(await page.locator("dialog .toggle input").isChecked()).toBe(true);
  await inStep(page, "dialog canvas:not(.boxes)", 8);
  expect(complaints).toEqual([]);
});

test("By default, pictures do not wait for a slow predictor, its boxes are dashed, and the page says how old they are", async () => {
  const { url } = await serveWith({ module: "./ball.ts" });
  const { page, complaints } = await open(browser, url);
  const line = () => text(page, `${tile} .predictor`);
  await until(
    async () => /^ball · \d+(\.\d)? fps · \d{3} ms · boxes \d+0 ms old$/.test(await line()),
    "the age of the boxes is shown",
  );
  await until(async () => /^live · (29|30|31) fps/.test(await text(page, `${tile} .status`)), "all are drawn");
  const lags: number[] = [];
  await changes(page, `${tile} canvas`, 1);
  while (lags.length < 5) lags.push((await changes(page, `${tile} canvas`, 1)).at(-1)?.age ?? Number.NaN);
  expect(lags.toSorted((a, b) => a - b)[2]).toBeLessThan(allow(100)); // a picture that waits for its boxes is older than the predictor takes
  const shares = (await paintings(page, `${tile} .frame`, 5)).map(outlined);
  expect(Math.max(...shares)).toBeLessThan(0.9);
  expect(complaints).toEqual([]);
});

test("With synchronized boxes, a box of motion lies on the ball in the same painted frame", async () => {
  const { url } = await serveWith("motion");
  const { page, complaints } = await open(browser, url);
  await setSetting(page, "Sync boxes", true);
  await until(async () => /^motion · \d\d fps · \d+ ms$/.test(await text(page, `${tile} .predictor`)), "it predicts");
  const found = (await paintings(page, `${tile} .frame`, 10)).filter(surrounded).length;
  expect(found).toBeGreaterThanOrEqual(8); // a label may lie on a line
  expect(complaints).toEqual([]);
});

test("A predictor that fails leaves the picture live, also with synchronized boxes, and the page says why until it is back", async () => {
  const { url, folder } = await serveWith({ module: "./ball.ts" });
  const { page, complaints } = await open(browser, url);
  await setSetting(page, "Sync boxes", true);
  const predictor = () => text(page, `${tile} .predictor`);
  const facts = () => text(page, `${tile} .status`);
  await until(async () => / fps · \d+ ms$/.test(await predictor()), "boxes are synchronized");
  const states: string[] = [];
  await page.exposeFunction("hear", (state: string) => states.push(state));
  await page.evaluate(`new MutationObserver(([{ target }]) => hear(target.dataset.state))
    .observe(document.querySelector('${tile}'), { attributeFilter: ["data-state"] })`);

  const drawn = async () => (await look(page, `${tile} canvas.boxes`)).print !== 0;
  expect(await drawn()).toBe(true);
  await writeFile(join(folder, "die"), "");
  await until(
    async () => /^ball: .*exited with code 3.*; (failed|restarting)$/.test(await predictor()),
    "the failure is shown",
  );
  await until(async () => /^live · [23]\d fps · \d{1,3} ms behind$/.test(await facts()), "pictures do not wait");
  await until(async () => !(await drawn()), "old boxes are gone");
  await rm(join(folder, "die"));
  await until(async () => /^ball · .* fps · \d+ ms$/.test(await predictor()), "it is back");
  await inStep(page, `${tile} .frame`, 3);
  expect(states.filter((state) => state !== "live")).toEqual([]);
  expect(complaints).toEqual([]);
});
