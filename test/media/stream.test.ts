import { describe, expect, test } from "vitest";
import type { Frame } from "../../src/media/frame.ts";
import { EOI, join, jpeg, jpegOf, part } from "./jpeg-builder.ts";
import { chunked, parse, parsers, streamOf } from "./parse.ts";

const good = jpeg();

/** Returns the writer and the reader of a parser. */
function open(parser: TransformStream<Uint8Array, Frame>) {
  return { writer: parser.writable.getWriter(), reader: parser.readable.getReader() };
}

/** Stands in for Promise.withResolvers, which Node 20 does not have. */
function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const cases = [
  { name: "JpegParserStream", bytes: good, make: () => new parsers.JpegParserStream() },
  { name: "MultipartParserStream", bytes: part(good).subarray(0, -2), make: () => new parsers.MultipartParserStream() },
  { name: "FrameParserStream with JPEGs", bytes: good, make: () => new parsers.FrameParserStream() },
  {
    name: "FrameParserStream with parts",
    bytes: part(good).subarray(0, -2),
    make: () => new parsers.FrameParserStream(),
  },
];

describe.each(cases)("$name", ({ bytes, make }) => {
  test("gives a frame at its EOI, without a byte after it", async () => {
    const { writer, reader } = open(make());
    void writer.write(bytes.subarray(0, -1));
    let frame: Frame | undefined;
    const read = reader.read().then(({ value }) => {
      frame = value;
    });
    void writer.write(new Uint8Array(0));
    await writer.ready;
    expect(frame).toBeUndefined();
    void writer.write(Uint8Array.from(EOI.slice(1)));
    await read;
    expect(frame?.data).toEqual(good);
  });

  test("gives all frames of one chunk", async () => {
    const { data } = await parse(make(), [join(...new Array<Uint8Array>(50).fill(bytes))]);
    expect(data).toEqual(new Array<Uint8Array>(50).fill(good));
  });

  test("takes chunks only as frames are read", async () => {
    let taken = 0;
    const source = (function* () {
      for (; taken < 1000; taken++) yield bytes;
    })();
    const reader = streamOf(source).pipeThrough(make()).getReader();
    for (let count = 0; count < 5; count++) await reader.read();
    expect(taken).toBeLessThanOrEqual(9);
    await reader.cancel();
  });

  test("passes cancel upstream, once", async () => {
    const reasons: unknown[] = [];
    const { promise: cancelled, resolve } = withResolvers();
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes),
      cancel(reason) {
        reasons.push(reason);
        resolve();
      },
    });
    const reader = source.pipeThrough(make()).getReader();
    await reader.read();
    await reader.cancel("enough");
    await cancelled;
    expect(reasons).toEqual(["enough"]);
  });

  test("passes errors downstream", async () => {
    const { writer, reader } = open(make());
    void writer.write(bytes).catch(() => {});
    await reader.read();
    void writer.abort(new Error("cable pulled"));
    await expect(reader.read()).rejects.toThrow("cable pulled");
  });

  test("closes after the last frame", async () => {
    const { writer, reader } = open(make());
    void writer.write(bytes);
    void writer.close();
    expect((await reader.read()).value?.data).toEqual(good);
    expect((await reader.read()).done).toBe(true);
  });
});

test("an error in the headers reaches both ends", async () => {
  const { writer, reader } = open(new parsers.MultipartParserStream({ boundary: "frame" }));
  const written = writer.write(part(good, { headers: new Array<string>(99).fill("A: b") }));
  await expect(reader.read()).rejects.toThrow("32 lines");
  await expect(written).rejects.toThrow("32 lines");
});

test("width and height are the picture's, and sequence counts from 0 or as the option says", async () => {
  const { frames } = await parse(new parsers.JpegParserStream(), [join(good, good)]);
  expect(frames).toMatchObject([
    { width: 16, height: 8, sequence: 0 },
    { width: 16, height: 8, sequence: 1 },
  ]);
  let next = 40;
  const numbered = await parse(new parsers.FrameParserStream({ sequence: () => next++ }), [join(good, [1, 2], good)]);
  expect(numbered.frames.map(({ sequence }) => sequence)).toEqual([40, 41]);
  expect(next).toBe(42);
});

test("timestamps are microseconds since the epoch, and grow from frame to frame", async () => {
  const before = Date.now() - 2;
  const { frames } = await parse(new parsers.JpegParserStream(), [join(good, good, good), good]);
  const after = Date.now() + 2;
  for (const [index, { timestamp }] of frames.entries()) {
    expect(timestamp).toBeGreaterThan(frames[index - 1]?.timestamp ?? 0);
    expect(timestamp / 1000).toBeGreaterThanOrEqual(before);
    expect(timestamp / 1000).toBeLessThanOrEqual(after);
    expect(Number.isInteger(timestamp)).toBe(true);
  }
});

test("a frame's time is that of the chunk with its first byte", async () => {
  const times: number[] = [];
  const whole = jpegOf(1000);
  const pieces = [join([1, 2], whole.subarray(0, 1)), whole.subarray(1, 500), whole.subarray(500)];
  const source = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const start = performance.now();
        while (performance.now() < start + 3) await Promise.resolve();
        times.push(performance.now());
        const piece = pieces.shift();
        if (piece) controller.enqueue(piece);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const frames: Frame[] = [];
  for await (const frame of source.pipeThrough(new parsers.JpegParserStream())) frames.push(frame);
  const [first = 0, second = 0] = times;
  expect(frames[0]?.arrival).toBeGreaterThanOrEqual(first);
  expect(frames[0]?.arrival).toBeLessThan(second);
});

const type = "Content-Type: image/jpeg";
const recent = Math.floor(Date.now() / 1000) - 3600; // an hour behind, as a clock may be
test.each([
  ["both headers", [type, `X-Timestamp: ${recent}.000123`, "X-Sequence: 77"], recent * 1e6 + 123, 77],
  ["both in another case", [type, "x-sequence:0", `x-timestamp:${recent}.5`], recent * 1e6 + 500_000, 0],
  ["a time of 1970", [type, "X-Timestamp: 0.5", "X-Sequence: 77"], undefined, 77],
  ["a time of 2286", [type, "X-Timestamp: 9999999999.999999", "X-Sequence: 77"], undefined, 77],
  ["X-Timestamp alone", [type, "X-Timestamp: 1700000000.000123"], undefined, undefined],
  ["X-Sequence alone", [type, "X-Sequence: 77"], undefined, undefined],
  ["a time that is none", [type, "X-Timestamp: soon", "X-Sequence: 77"], undefined, undefined],
  ["a negative sequence", [type, "X-Timestamp: 1700000000.5", "X-Sequence: -7"], undefined, undefined],
])("a part with %s", async (_, headers, timestamp, upstream) => {
  const start = Date.now() * 1000;
  const { frames, stats } = await parse(
    new parsers.FrameParserStream(),
    chunked(join(part(good, { headers }), part(good)), 9),
  );
  const [frame, next] = frames;
  expect(frame?.upstream).toBe(upstream);
  if (timestamp === undefined) expect(frame?.timestamp).toBeGreaterThanOrEqual(start - 2000);
  else expect(frame?.timestamp).toBe(timestamp);
  if (timestamp === undefined) expect(frame?.timestamp).toBeLessThanOrEqual(Date.now() * 1000 + 2000);
  expect(stats.mistimed).toBe(timestamp === undefined && upstream !== undefined ? 1 : 0);
  expect(next?.upstream).toBeUndefined();
  expect(next?.timestamp).toBeGreaterThanOrEqual(start - 2000);
});

test("a part without a JPEG is skipped and counted, whatever its type", async () => {
  for (const headers of [["Content-Type: text/plain"], ["Content-Type: image/jpeg"], []]) {
    for (const size of [1, 1 << 20]) {
      const body = join(part(good), part("hello, world", { headers }), part(good), part("bye", { headers }));
      const { data, stats } = await parse(new parsers.MultipartParserStream(), chunked(body, size));
      expect(data).toEqual([good, good]);
      expect(stats).toMatchObject({ dropped: { foreign: 2, truncated: 0 } });
      expect(stats.bytes).toBe(stats.framing + stats.skipped + 2 * good.length);
    }
  }
});

test.each([
  "image/mjpeg",
  "image/jpg",
  "image/pjpeg",
  "video/x-motion-jpeg",
  "application/octet-stream",
  "text/plain",
  "text/html; charset=utf-8",
  "image/png",
  "",
])("a JPEG in a part of type %s comes out", async (type) => {
  const typed = part(good, { headers: [`Content-Type: ${type}`, `Content-Length: ${good.length}`] });
  const { data, stats } = await parse(new parsers.FrameParserStream(), [join(typed, part(good), typed)]);
  expect(data).toEqual([good, good, good]);
  expect(stats.dropped.foreign).toBe(0);
});

test("an empty part, as before a frame whose headers come in advance, is not counted", async () => {
  const { stats } = await parse(new parsers.MultipartParserStream(), [
    join(part(good), part(""), part(good), part("")),
  ]);
  expect(stats).toMatchObject({ frames: 2, dropped: { foreign: 0 } });
});
