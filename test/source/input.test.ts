import { describe, expect, it } from "vitest";
import { ParserCounters } from "../../src/media/parser-stats.ts";
import { explainInput } from "../../src/source/explain.ts";
import { join } from "../media/jpeg-builder.ts";

/** Explains an input that begins like that, to those who run the server. */
function explain(...input: Parameters<typeof explainTwice>) {
  return explainTwice(...input)?.message;
}

/** Explains an input that begins like that. */
function explainTwice(text: string | Uint8Array, dropped: Partial<ParserCounters["dropped"]> = {}, bytes = 1_500_000) {
  const stats = new ParserCounters();
  stats.bytes = bytes;
  Object.assign(stats.dropped, dropped);
  return explainInput({ stats, beginning: typeof text === "string" ? join(text) : text, maxFrameSize: 8_388_608 });
}

const noise = Uint8Array.from({ length: 100 }, (_, at) => Math.imul(at + 7, 2654435761) >>> 24);

describe("An input without a frame", () => {
  it.each([
    [
      join([0, 0, 0, 1, 0x67, 0x42, 0, 0x1f]),
      {},
      "1.5 MB came and no JPEG in it: it looks like H.264 (ffmpeg can turn it into JPEGs: ffmpeg -f h264 -i INPUT -f mjpeg -)",
    ],
    [
      join([0, 0, 0, 1, 0x67, 0x42, 0, 0x1f]),
      { malformed: 2 },
      "1.5 MB came and no JPEG in it: it looks like H.264 (ffmpeg can turn it into JPEGs: ffmpeg -f h264 -i INPUT -f mjpeg -)",
    ],
    ["<html><title>Login</title>", {}, '1.5 MB came and no JPEG in it: it is an HTML page: "Login"'],
    [noise, {}, "1.5 MB came and no JPEG in it"],
    [noise, { oversize: 61 }, "1.5 MB came and no whole JPEG in it: 61 pictures over max_frame 8388608: set max_frame"],
    [
      noise,
      { truncated: 25, malformed: 1 },
      "1.5 MB came and no whole JPEG in it: 25 pictures cut short, 1 damaged picture",
    ],
    [
      "--frame\r\nContent-Type: image/mjpeg\r\n\r\n\x01\x02",
      { foreign: 29 },
      "1.5 MB came and no whole JPEG in it: 29 parts of type image/mjpeg",
    ],
    [
      "--frame\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n",
      { foreign: 3 },
      "1.5 MB came and no JPEG in it: 3 parts of type image/png",
    ],
    [
      "--frame\r\n\r\nhello",
      { foreign: 1 },
      '1.5 MB came and no JPEG in it: 1 part of no stated type: it is text: "hello"',
    ],
  ])("is explained: %#", (beginning, dropped, expected) => {
    expect(explain(beginning, dropped)).toMatch(expected);
  });

  it("is told without secrets, in one line and without what moves a cursor", () => {
    expect(
      explain(
        "rtsp://admin:hunter2@cam/ \x1b[2Jopened\r\npassword: hunter2 token=hunter2&x Authorization: Basic hunter2 \u202e",
      ),
    ).toBe(
      '1.5 MB came and no JPEG in it: it is text: "rtsp://***@cam/ opened password: *** token=***&x Authorization: ***"',
    );
    expect(explain('{"password": "hunter2", "api_key":"hunter2"}')).not.toContain("hunter2");
    expect(explain("word ".repeat(100))).toMatch(/word…"$/);
  });

  it("is quoted for those who run the server only", () => {
    const page = "<html><title>Router login of Smith</title>";
    expect(explain(page)).toContain("Router login of Smith");
    expect(explainTwice(page)?.summary).toBe("1.5 MB came and no JPEG in it: it looks like an HTML page");
    expect(explainTwice("key is under the mat\n")?.summary).toBe("1.5 MB came and no JPEG in it: it looks like text");
  });

  it("has sizes that people read", () => {
    expect(explain(noise, {}, 1)).toMatch(/^1 byte came/);
    expect(explain(noise, {}, 999)).toMatch(/^999 bytes came/);
    expect(explain(noise, {}, 1000)).toMatch(/^1\.0 kB came/);
    expect(explain(noise, {}, 0)).toBeUndefined();
  });
});
