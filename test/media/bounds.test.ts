import { expect, test } from "vitest";
import { ByteWindow } from "../../src/media/byte-window.ts";
import { DemuxerBase } from "../../src/media/demuxer.ts";
import { JpegDemuxer } from "../../src/media/jpeg/parser.ts";
import { cpuTime } from "../fixtures/machine.ts";
import { join, jpeg, jpegOf, part, SOI, segment } from "./jpeg-builder.ts";
import { chunked, parse, parsers, streamOf } from "./parse.ts";

const mebibyte = 1024 * 1024;
const dqtToScan = jpeg({ before: [], scan: [] }).subarray(2, -2);

test("a window's storage follows what is needed, up and down", () => {
  const window = new ByteWindow();
  for (let size = 0; size < 4 * mebibyte; size += 4096) window.append(new Uint8Array(4096), size);
  expect(window.capacity).toBeLessThanOrEqual(6 * mebibyte);
  for (let size = 0; size < 16 * mebibyte; size += 4096) {
    window.release(window.end);
    window.append(new Uint8Array(4096), size);
  }
  expect(window.capacity).toBeLessThanOrEqual(mebibyte);
});

test("what a window holds is what was appended and not released", () => {
  const window = new ByteWindow();
  for (let count = 0; count < 2000; count++) {
    window.append(Uint8Array.of(count & 255, count >> 8).subarray(0, 2), count);
    if (count % 3 === 0) window.release(Math.max(window.base, window.end - 1000));
  }
  expect(window.end).toBe(4000);
  expect(window.view.length).toBe(4000 - window.base);
  for (let at = window.base; at < 4000; at++) {
    const count = at >> 1;
    expect(window.view[at - window.base]).toBe(at % 2 ? count >> 8 : count & 255);
    expect(window.arrivalOf(at)).toBe(count);
  }
});

test.each([
  ["a picture that never ends", join(SOI, dqtToScan), new Uint8Array(60_000).fill(1)],
  ["fill bytes without end", join(SOI, dqtToScan), new Uint8Array(60_000).fill(0xff)],
  ["comments without end", join(SOI), join(...new Array<Uint8Array>(200).fill(segment(0xfe, new Uint8Array(296))))],
])("%s is dropped at the limit, and memory stays within it", async (_, head, more) => {
  const maxFrameSize = mebibyte;
  const base = new DemuxerBase({ maxFrameSize });
  const parser = new TransformStream(base.transformer(new JpegDemuxer(base)));
  let held = 0;
  const input = (function* () {
    yield jpeg();
    for (let round = 0; round < 3; round++) {
      yield head;
      for (let size = 0; size < 3 * maxFrameSize; size += more.length) {
        yield more;
        held = Math.max(held, base.window.view.length);
        expect(base.window.capacity).toBeLessThanOrEqual(1.5 * (maxFrameSize + 64 * 1024));
      }
      yield jpeg();
    }
  })();
  let frames = 0;
  for await (const _frame of streamOf(input).pipeThrough(parser)) frames++;
  expect(frames).toBe(4);
  expect(held).toBeLessThanOrEqual(maxFrameSize + 64 * 1024);
  expect(base.counters.dropped.oversize).toBeGreaterThanOrEqual(3);
});

test("a frame keeps no more than its own bytes, and chunks are left alone", async () => {
  const chunk = join(jpeg(), jpegOf(3000), jpeg());
  const before = chunk.slice();
  const { frames } = await parse(new parsers.JpegParserStream(), [chunk]);
  expect(frames).toHaveLength(3);
  for (const { data } of frames) expect(data.buffer.byteLength).toBe(data.length);
  expect(chunk).toEqual(before);
});

/**
 * Milliseconds of a core for a megabyte of each input, the better of two. They take turns, so that whatever else the
 * machine does happens to all of them.
 */
async function costs(
  inputs: readonly Uint8Array[],
  { size = 65536, maxFrameSize }: { readonly size?: number; readonly maxFrameSize?: number } = {},
): Promise<number[]> {
  const best = inputs.map(() => Number.POSITIVE_INFINITY);
  for (let run = 0; run < 2; run++) {
    for (const [index, bytes] of inputs.entries()) {
      const spent = cpuTime();
      await parse(new parsers.FrameParserStream({ maxFrameSize }), chunked(bytes, size));
      best[index] = Math.min(best[index] ?? 0, (spent() / bytes.length) * mebibyte);
    }
  }
  return best;
}

test("frames of 16 MB in chunks of 4 KB cost as much a byte as frames of 1 MB", async () => {
  const [small = 0, large] = await costs([jpegOf(mebibyte), jpegOf(16 * mebibyte)], {
    size: 4096,
    maxFrameSize: 32 * mebibyte,
  });
  expect(large).toBeLessThan(6 * small); // 16, if each chunk cost the whole frame; caches alone make it 1 to 3
});

/** A few thousand pictures whose APP0s all lead into the same chain of so many bytes of comments, which leads nowhere. */
function nested(size: number, heads = 4000): Uint8Array {
  const bytes = new Uint8Array(heads * 6 + size);
  for (let head = 0; head < heads; head++) {
    const length = (heads - head) * 6 - 4;
    bytes.set([...SOI, 0xff, 0xe0, length >> 8, length & 255], head * 6);
  }
  for (let at = heads * 6; at < bytes.length; at += 4) bytes.set([0xff, 0xfe, 0, 2], at);
  return bytes;
}

test("pictures that all lead into the same segments cost linear time", async () => {
  const [small = 0, large, once = 0] = await costs([
    nested(mebibyte / 2),
    nested(2 * mebibyte),
    nested(2 * mebibyte, 1),
  ]);
  expect(large).toBeLessThan(4 * small);
  expect(large).toBeLessThan(40 * once); // 4000, if each picture were followed to its end
});

test.each<[string, (size: number) => Uint8Array]>([
  ["a comment full of delimiters", (size) => part(jpeg({ before: comments("\n--frame\n".repeat(size / 9)) }))],
  [
    "a comment full of parts",
    (size) => part(jpeg({ before: comments("\n--frame\n\n\xff\xd8\xff".repeat(size / 14)) })),
  ],
  ["parts that all lead into the same picture", leading],
])("%s costs linear time", async (_, make) => {
  const [small = 0, large, walk = 0] = await costs([make(mebibyte / 8), make(mebibyte), nested(mebibyte, 1)]);
  expect(large).toBeLessThan(4 * small);
  expect(large).toBeLessThan(40 * walk);
});

/** Comment segments that hold a long text. */
function comments(text: string): Uint8Array {
  const bytes = Buffer.from(text, "latin1");
  const maxLength = 65_000;
  return join(
    ...Array.from({ length: Math.ceil(bytes.length / maxLength) }, (_, at) =>
      segment(0xfe, bytes.subarray(at * maxLength, (at + 1) * maxLength)),
    ),
  );
}

/** Parts of a few bytes each, whose segments all end within a picture with a scan of `size` bytes. */
function leading(size: number): Uint8Array {
  const tail = jpeg({
    before: [],
    scan: new Uint8Array(size).fill(0xff).map((byte, at) => (at % 2 ? 0 : byte)),
  }).subarray(2);
  const stride = part("").length + 6; // SOI, a marker and a length
  const count = Math.floor(60_000 / stride);
  const parts = Array.from({ length: count }, (_, at) => {
    const length = (count - at) * stride - part("").length - 2;
    return part([...SOI, 0xff, 0xe0, length >> 8, length & 255]);
  });
  return join(...parts, tail);
}

test("a good frame behind pictures without end is found when the rescan budget is spent", async () => {
  const { data, stats } = await parse(new parsers.JpegParserStream(), [join(nested(4 * mebibyte), [0, 0], jpeg())]);
  expect(data).toEqual([jpeg()]);
  expect(stats.backtracks).toBeLessThan(100);
});
