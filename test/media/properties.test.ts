import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DQT, join, jpeg, jpegOf, part, SOI, segment, sof } from "./jpeg-builder.ts";
import { parse, parsers, split, text } from "./parse.ts";

const byte = fc.integer({ min: 0, max: 255 });
const bytes = (maxLength: number) => fc.array(byte, { maxLength }).map((values) => join(values));

const picture = fc.oneof(
  fc.integer({ min: 200, max: 3000 }).chain((size) => fc.integer().map((seed) => jpegOf(size, seed))),
  fc.integer({ min: 1, max: 999 }).map((width) => jpeg({ frame: sof(width, 7) })),
  bytes(60).map((comment) => jpeg({ before: segment(0xfe, comment) })),
  fc.constant(jpeg({ before: segment(0xe1, join("Exif\0\0", jpeg())) })),
);

/** Bytes that look as if a picture began: SOI, markers with any length, whole segments, pictures cut anywhere. */
const garbage = fc
  .array(
    fc.oneof(
      bytes(40),
      fc.constant(join(SOI)),
      fc.constant(join([0xff])),
      fc.constant(new Uint8Array(20)),
      fc.constant(join("\r\n--")),
      fc.constant(join(SOI, DQT, sof(9, 9))),
      fc
        .tuple(byte, fc.integer({ min: 0, max: 65535 }))
        .map(([marker, length]) => join([0xff, marker, length >> 8, length & 255])),
      fc
        .tuple(fc.integer({ min: 0xe0, max: 0xfe }), fc.integer({ min: 0, max: 4000 }))
        .map(([marker, length]) => join(SOI, [0xff, marker, length >> 8, length & 255])),
      fc.tuple(byte, bytes(30)).map(([marker, payload]) => segment(marker, payload)),
      fc
        .tuple(picture, fc.double({ min: 0, max: 0.99, noNaN: true }))
        .map(([whole, share]) => whole.subarray(0, Math.floor(whole.length * share))),
    ),
    { maxLength: 5 },
  )
  .map((parts) => join(...parts));

const cuts = fc.array(fc.nat(20_000), { maxLength: 40 });
const mess = fc.array(fc.tuple(garbage, picture), { minLength: 1, maxLength: 5 });

/**
 * Whether every good picture came out, or else a whole JPEG that garbage and some of the picture make together.
 *
 * That happens when garbage is a SOI and an APPn or COM whose length, by chance, ends right at a marker of a picture.
 */
function contains(input: Uint8Array, data: Uint8Array[], pictures: Uint8Array[]): boolean {
  const found = locate(text(input), data);
  const wanted = locate(text(input), pictures);
  return pictures.every((picture, index) => {
    const start = wanted[index]?.start ?? 0;
    return (
      data.some((frame) => text(frame) === text(picture)) || found.some((it) => it.start < start && it.end > start)
    );
  });
}

/** Where these stand, one behind the other. */
function locate(stream: string, pieces: Uint8Array[]): { start: number; end: number }[] {
  let end = 0;
  return pieces.map((piece) => {
    const start = stream.indexOf(text(piece), end);
    end = start + piece.length;
    return { start, end };
  });
}

describe("whatever the split", () => {
  test("JPEGs and garbage give the same frames and counts", async () => {
    await fc.assert(
      fc.asyncProperty(mess, cuts, async (parts, at) => {
        const input = join(...parts.flat());
        for (const Stream of [parsers.JpegParserStream, parsers.FrameParserStream]) {
          const whole = await parse(new Stream(), [input]);
          const pieces = await parse(new Stream(), split(input, at));
          expect(pieces.data.map(text)).toEqual(whole.data.map(text));
          expect(pieces.stats).toEqual(whole.stats);
        }
      }),
    );
  });

  test("parts and garbage give the same frames and counts", async () => {
    await fc.assert(
      fc.asyncProperty(mess, cuts, async (parts, at) => {
        const input = join(...parts.map(([junk, whole]) => part(join(junk, "\r\n", part(whole)))));
        for (const Stream of [parsers.MultipartParserStream, parsers.FrameParserStream]) {
          const whole = await parse(new Stream(), [input]);
          const pieces = await parse(new Stream(), split(input, at));
          expect(pieces.data.map(text)).toEqual(whole.data.map(text));
          expect(pieces.stats).toEqual(whole.stats);
        }
      }),
    );
  });

  test("a small limit gives the same frames and counts", async () => {
    await fc.assert(
      fc.asyncProperty(mess, cuts, fc.integer({ min: 10, max: 1000 }), async (parts, at, maxFrameSize) => {
        const input = join(...parts.flat());
        const whole = await parse(new parsers.JpegParserStream({ maxFrameSize }), [input]);
        const pieces = await parse(new parsers.JpegParserStream({ maxFrameSize }), split(input, at));
        expect(pieces.data.map(text)).toEqual(whole.data.map(text));
        expect(pieces.stats).toEqual(whole.stats);
        expect(whole.data.every((data) => data.length <= maxFrameSize)).toBe(true);
      }),
    );
  });
});

describe("whatever the garbage", () => {
  test("between JPEGs loses no good frame, and every byte is accounted for", async () => {
    await fc.assert(
      fc.asyncProperty(mess, async (parts) => {
        const input = join(...parts.flat());
        for (const Stream of [parsers.JpegParserStream, parsers.FrameParserStream]) {
          const { data, stats } = await parse(new Stream(), [input]);
          expect(
            contains(
              input,
              data,
              parts.map(([, good]) => good),
            ),
          ).toBe(true);
          expect(stats.bytes).toBe(stats.skipped + stats.framing + data.reduce((sum, frame) => sum + frame.length, 0));
        }
      }),
      { numRuns: 400 },
    );
  });

  test("in parts of its own loses no good frame", async () => {
    await fc.assert(
      fc.asyncProperty(mess, async (parts) => {
        const input = join(part(jpeg()), ...parts.flatMap(([junk, good]) => [part(junk), part(good)]));
        for (const Stream of [parsers.MultipartParserStream, parsers.FrameParserStream]) {
          const { data } = await parse(new Stream(), [input]);
          expect(
            contains(
              input,
              data,
              parts.map(([, good]) => good),
            ),
          ).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });
});
