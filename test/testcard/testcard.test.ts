import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import fc from "fast-check";
import sharp, { type OutputInfo, type Sharp } from "sharp";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ballBox, ballColour, ballPeriod } from "../../src/testcard/ball.ts";
import { Card } from "../../src/testcard/card.ts";
import { parseFormat } from "../../src/testcard/format.ts";
import { slots } from "../../src/testcard/slots.ts";
import { readTimecode, timecodeReader, timecodeStrip } from "../../src/testcard/timecode.ts";
import { allow } from "../fixtures/machine.ts";

const sizes = [
  [320, 240],
  [640, 480],
  [1280, 720],
  [1920, 1080],
  [720, 1280],
  [333, 251],
] as const;
const odd = [
  [16, 16],
  [16, 4096],
  [4096, 16],
  [97, 101],
] as const;
const noon = Date.UTC(2026, 4, 17, 12, 34, 56, 789);

async function decode(jpeg: Uint8Array): Promise<{ data: Uint8Array; info: OutputInfo }> {
  return sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
}

async function read(jpeg: Uint8Array): Promise<ReturnType<typeof readTimecode>> {
  const { data, info } = await decode(jpeg);
  return readTimecode(data, info.width, info.height, info.channels);
}

describe("the card", () => {
  test.each([...sizes, ...odd])("is a JPEG of %i x %i", async (width, height) => {
    const card = await Card.open({ width, height, fps: 30 });
    const { info } = await decode(await card.draw({ time: noon, frame: 7 }));
    expect(info).toMatchObject({ width, height, channels: 3 });
  });

  test("differs from the one a frame before", async () => {
    const card = await Card.open({ width: 640, height: 480, fps: 30 });
    const first = await card.draw({ time: noon, frame: 7 });
    const second = await card.draw({ time: noon + 33, frame: 8 });
    expect(second).not.toEqual(first);
  });

  test("leaves nothing behind of what was drawn before", async () => {
    const format = { width: 320, height: 240, fps: 30 };
    const [used, fresh] = await Promise.all([Card.open(format), Card.open(format)]);
    for (let frame = 0; frame < 20; frame++) await used.draw({ time: noon + frame * 333, frame });
    const at = { time: noon + 12_345, frame: 99 };
    expect(await used.draw(at)).toEqual(await fresh.draw(at));
  });

  test.each(sizes)(
    "has its ball where ballBox tells, and nothing else as orange, at %i x %i",
    async (width, height) => {
      const card = await Card.open({ width, height, fps: 30 });
      for (let step = 0; step < 8; step++) {
        const time = noon + (step * ballPeriod) / 8;
        const { data } = await decode(await card.draw({ time, frame: step }));
        let [x, y, count] = [0, 0, 0];
        for (let at = 0; at < width * height; at++) {
          const far = ballColour.some((value, channel) => Math.abs((data[at * 3 + channel] ?? 0) - value) > 40);
          if (far) continue;
          x += (at % width) + 0.5;
          y += Math.floor(at / width) + 0.5;
          count++;
        }
        const box = ballBox(time, { width, height });
        expect(Math.abs(x / count - (box.x + box.width / 2))).toBeLessThan(1);
        expect(Math.abs(y / count - (box.y + box.height / 2))).toBeLessThan(1);
        expect(count / ((Math.PI / 4) * box.width * box.height)).toBeGreaterThan(0.5);
      }
    },
  );

  test("has its ball run clockwise from the top", () => {
    const size = { width: 640, height: 480 };
    const turn = Math.floor(noon / ballPeriod) * ballPeriod;
    const [top, right, bottom, left] = [0, 1, 2, 3].map((quarter) => ballBox(turn + (quarter * ballPeriod) / 4, size));
    if (!top || !right || !bottom || !left) throw new Error("No box");
    expect(top.x).toBeCloseTo(320 - top.width / 2);
    expect(bottom.y - top.y).toBeGreaterThan(320);
    expect(right.x - left.x).toBeGreaterThan(320);
  });

  test("keeps its ball within the picture at any time and size", () => {
    const side = fc.integer({ min: 16, max: 4096 });
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 48 - 1 }), side, side, (time, width, height) => {
        const box = ballBox(time, { width, height });
        expect(Math.min(box.x, box.y)).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width).toBeLessThanOrEqual(width);
        expect(box.y + box.height).toBeLessThanOrEqual(height);
      }),
    );
  });
});

describe("the timecode", () => {
  test.each(sizes)("is read back from a decoded card of %i x %i", async (width, height) => {
    const card = await Card.open({ width, height, fps: 30 });
    expect(await read(await card.draw({ time: noon, frame: 123_456 }))).toEqual({ time: noon, frame: 123_456 });
  });

  test("carries any 48 bits of time and 24 bits of frame", async () => {
    const card = await Card.open({ width: 320, height: 240, fps: 30 });
    const bits = (count: number) => fc.nat({ max: 2 ** count - 1 });
    await fc.assert(
      fc.asyncProperty(bits(48), bits(24), async (time, frame) => {
        expect(await read(await card.draw({ time, frame }))).toEqual({ time, frame });
      }),
    );
  });

  test.each([
    ["at JPEG quality 30", (card: Sharp) => card.jpeg({ quality: 30 })],
    ["in grey", (card: Sharp) => card.greyscale()],
    ["with an alpha channel, as a canvas has", (card: Sharp) => card.ensureAlpha().png()],
  ])("survives being encoded again %s", async (_, again) => {
    const card = await Card.open({ width: 320, height: 240, fps: 30 });
    const jpeg = await card.draw({ time: noon, frame: 5 });
    expect(await read(await again(sharp(jpeg)).toBuffer())).toEqual({ time: noon, frame: 5 });
  });

  test("is read by source text alone, as in a page", async () => {
    const card = await Card.open({ width: 640, height: 480, fps: 30 });
    const { data } = await decode(await card.draw({ time: noon, frame: 5 }));
    const page = createContext({ data });
    expect(runInContext(`JSON.stringify(${timecodeReader}(data, 640, 480, 3))`, page)).toBe(
      JSON.stringify({ time: noon, frame: 5 }),
    );
  });

  test.each([0, 128, 255])("is not found in a picture that is all %i", (level) => {
    expect(readTimecode(new Uint8Array(640 * 480 * 3).fill(level), 640, 480, 3)).toBeUndefined();
  });

  test("is not found where one cell is damaged", async () => {
    const card = await Card.open({ width: 640, height: 480, fps: 30 });
    const { data } = await decode(await card.draw({ time: noon, frame: 5 }));
    const strip = timecodeStrip(640, 480);
    if (!strip) throw new Error("No strip");
    for (let y = strip.y; y < strip.y + strip.cellHeight; y++) {
      const [from, to] = [strip.x, strip.x + Math.round(strip.width / strip.columns)];
      data.fill(255, (y * 640 + from) * 3, (y * 640 + to) * 3);
    }
    expect(readTimecode(data, 640, 480, 3)).toBeUndefined();
  });

  test("is not found in a picture too small for one, or cut short", () => {
    expect(readTimecode(new Uint8Array(16 * 16 * 3), 16, 16, 3)).toBeUndefined();
    expect(readTimecode(new Uint8Array(100), 640, 480, 3)).toBeUndefined();
  });
});

describe("parseFormat", () => {
  test.each([
    ["1280x720@30", { width: 1280, height: 720, fps: 30 }],
    ["17x4096@2.5", { width: 17, height: 4096, fps: 2.5 }],
    ["16x16@120", { width: 16, height: 16, fps: 120 }],
  ])("reads %s", (text, format) => {
    expect(parseFormat(text)).toEqual(format);
  });

  test.each(["", "1280x720", "x720@30", "-1x720@30", "1280x720@30 ", "1280X720@30", "1e3x720@30", "1280x720@.5"])(
    "refuses the shape of %j",
    (text) => {
      expect(() => parseFormat(text)).toThrow(TypeError);
    },
  );

  test.each(["15x720@30", "1280x4097@30", "1280x720@0.9", "1280x720@120.5"])(
    "refuses the size or rate of %s",
    (text) => {
      expect(() => parseFormat(text)).toThrow(RangeError);
    },
  );
});

describe("slots", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([1, 2.5, 29.97, 30, 120])("come once each and without drift at %d a second", async (fps) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
    const start = performance.now();
    const source = slots(fps);
    for (let slot = 0; slot < 1000; slot++) {
      const next = source.next();
      await vi.advanceTimersToNextTimerAsync();
      expect((await next).value).toBe(slot);
      const late = performance.now() - start - (slot * 1000) / fps;
      expect(late).toBeGreaterThan(-0.01);
      expect(late).toBeLessThan(2);
    }
  });

  test("are skipped by a consumer that is late", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
    const source = slots(10);
    expect((await source.next()).value).toBe(0);
    vi.advanceTimersByTime(1050);
    expect((await source.next()).value).toBe(10);
    const next = source.next();
    await vi.advanceTimersByTimeAsync(50);
    expect((await next).value).toBe(11);
  });
});

describe("the program", { timeout: 60_000 }, () => {
  const children: ChildProcessByStdio<null, Readable, Readable>[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  function start(format: string): (typeof children)[number] {
    const main = fileURLToPath(new URL("../../src/testcard/main.ts", import.meta.url));
    const runtime =
      "Deno" in globalThis ? ["run", "--allow-read", "--allow-env", "--allow-sys", "--allow-ffi"] : ["--import", "tsx"];
    const child = spawn(process.execPath, [...runtime, main, format], { stdio: ["ignore", "pipe", "pipe"] });
    children.push(child);
    return child;
  }

  /** Not `child.kill`: on Deno 2.9 it reports the signal even if the program handles it. */
  function kill({ pid }: (typeof children)[number], signal: NodeJS.Signals): void {
    if (pid !== undefined) process.kill(pid, signal);
  }

  /** Its stderr and exit code, once it has ended. */
  async function end(child: (typeof children)[number]): Promise<{ code: number | null; stderr: string }> {
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const [code] = await once(child, "close", { signal: AbortSignal.timeout(120_000) });
    return { code, stderr };
  }

  /** JPEGs as they come. Those of the card have their end marker nowhere but at the end: no thumbnails. */
  async function* pictures(stdout: Readable): AsyncGenerator<Buffer> {
    let rest = Buffer.alloc(0);
    for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
      rest = Buffer.concat([rest, chunk]);
      for (let at = rest.indexOf("ffd9", "hex"); at >= 0; at = rest.indexOf("ffd9", "hex")) {
        yield rest.subarray(0, at + 2);
        rest = rest.subarray(at + 2);
      }
    }
  }

  /** The timecodes of the next pictures. */
  async function timecodes(source: AsyncGenerator<Buffer>, count: number): Promise<{ time: number; frame: number }[]> {
    const all: { time: number; frame: number }[] = [];
    while (all.length < count) {
      const { value } = await source.next();
      const timecode = value && (await read(value));
      if (!timecode) throw new Error(`No timecode in picture ${all.length}`);
      all.push(timecode);
    }
    return all;
  }

  test.each(["", "1280x720", "8x8@30", "1280x720@1000"])("tells in one line what is wrong with %j", async (format) => {
    const { code, stderr } = await end(start(format));
    expect(stderr).toMatch(/^Cannot draw the test card ".*": .+\n$/);
    expect(code).toBe(2);
  });

  test.each([10, 12.5, 50])("numbers its pictures from 0, at %d a second", async (fps) => {
    const child = start(`320x240@${fps}`);
    const count = Math.ceil(fps * 1.5);
    const seen = await timecodes(pictures(child.stdout), count);
    const [first, last] = [seen[0], seen.at(-1)];
    expect(first?.frame).toBe(0);
    for (const [index, { time, frame }] of seen.entries()) {
      if (index > 0) expect(frame).toBeGreaterThan(seen[index - 1]?.frame ?? 0);
      // A busy machine may be late, but what is late is numbered by the slot it is in.
      expect(Math.abs(time - (first?.time ?? 0) - (frame * 1000) / fps)).toBeLessThan(1000 / fps + allow(50));
    }
    expect((last?.frame ?? 0) / (count - 1)).toBeLessThan(allow(2));
  });

  test("skips ahead when its reader has stalled", async () => {
    const child = start("1280x720@30");
    const source = pictures(child.stdout);
    await timecodes(source, 1);
    // Not a wait for anything: this is the stall itself. What is not iterated is not read.
    await delay(1500);
    const resumed = Date.now();
    const after = await timecodes(source, 20);
    const gaps = after.slice(1).map(({ frame }, index) => frame - (after[index]?.frame ?? 0));
    expect(Math.max(...gaps)).toBeGreaterThan(20);
    const fresh = after.slice(gaps.indexOf(Math.max(...gaps)) + 1);
    expect(fresh[0]?.time).toBeGreaterThan(resumed - allow(100));
  });

  test("ends quietly when its stdout closes", async () => {
    const child = start("320x240@30");
    await timecodes(pictures(child.stdout), 2);
    const ended = end(child);
    child.stdout.destroy();
    expect(await ended).toEqual({ code: 0, stderr: "" });
  });

  test.each(["SIGTERM", "SIGINT"] as const)("ends quietly on %s", async (signal) => {
    const child = start("320x240@30");
    const source = pictures(child.stdout);
    await timecodes(source, 2);
    const ended = end(child);
    const rest = (async () => {
      for await (const _ of source); // what is left unread would keep its stdout from closing
    })();
    kill(child, signal);
    expect(await ended).toEqual({ code: 0, stderr: "" });
    await rest;
  });

  test("ends quietly on SIGTERM while its reader stalls", async () => {
    const child = start("1920x1080@60");
    await timecodes(pictures(child.stdout), 1);
    // Not a wait for anything: the stall must last until the pipe is full.
    await delay(500);
    const exited = once(child, "exit", { signal: AbortSignal.timeout(120_000) });
    kill(child, "SIGTERM");
    expect((await exited)[0]).toBe(0);
  });
});
