import sharp, { type Sharp } from "sharp";
import { describe, expect, test } from "vitest";
import { standardTables } from "../../src/media/jpeg/huffman.ts";
import { join, part, segment } from "./jpeg-builder.ts";
import { chunked, parse, parsers, text } from "./parse.ts";

const [width, height] = [162, 118];
const raw = new Uint8Array(width * height * 3).map((_, at) => ((at % 97) * (at % 31)) ^ (at >> 9));
const image = () => sharp(raw, { raw: { width, height, channels: 3 } });
const encode = async (picture: Sharp): Promise<Uint8Array> => Uint8Array.from(await picture.toBuffer());

const baseline = await encode(image().jpeg({ optimizeCoding: false }));
const thumbnail = await encode(image().resize(40, 30).jpeg());
const exif = segment(0xe1, join("Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0", thumbnail));

const pictures: Record<string, Uint8Array> = {
  baseline,
  optimized: await encode(image().jpeg({ mozjpeg: true, progressive: false })),
  progressive: await encode(image().jpeg({ progressive: true })),
  grey: await encode(image().greyscale().jpeg()),
  CMYK: await encode(image().toColourspace("cmyk").jpeg()),
  "4:4:4": await encode(image().jpeg({ chromaSubsampling: "4:4:4", quality: 100 })),
  "with EXIF": await encode(
    image()
      .withExif({ IFD0: { Copyright: "nobody" } })
      .jpeg(),
  ),
  "with ICC": await encode(image().withIccProfile("srgb").jpeg()),
  "with an EXIF thumbnail": join(baseline.subarray(0, 2), exif, baseline.subarray(2)),
};

describe.each(Object.entries(pictures))("a %s JPEG", (_, picture) => {
  test.each([1, 1000, 1 << 20])("comes out byte for byte in chunks of %i", async (size) => {
    const expected = [picture, baseline, picture];
    const concatenated = await parse(new parsers.FrameParserStream(), chunked(join(...expected), size));
    expect(concatenated.data.map(text)).toEqual(expected.map(text));
    expect(concatenated.frames[0]).toMatchObject({ width, height });
    expect(concatenated.stats.skipped).toBe(0);
    const parts = await parse(
      new parsers.FrameParserStream(),
      chunked(join(...expected.map((data) => part(data))), size),
    );
    expect(parts.data.map(text)).toEqual(expected.map(text));
  });

  test("cut anywhere loses only itself, and gives no thumbnail in its place", async () => {
    // Cut inside its own EXIF segment a picture cannot be told from the thumbnail in there.
    const step = Math.ceil(picture.length / 25);
    const behindExif = 6 + exif.length + 20;
    for (let cut = behindExif; cut < picture.length - 2; cut += step) {
      const broken = picture.subarray(0, cut);
      const concatenated = await parse(new parsers.JpegParserStream(), [join(baseline, broken, baseline)]);
      expect(concatenated.data.map(text)).toEqual([baseline, baseline].map(text));
      expect(concatenated.stats.dropped).toMatchObject({ truncated: 1, malformed: 0, oversize: 0 });
      const parts = await parse(new parsers.MultipartParserStream(), [
        join(part(baseline), part(broken), part(baseline)),
      ]);
      expect(parts.data.map(text)).toEqual([baseline, baseline].map(text));
      expect(parts.stats.dropped.oversize).toBe(0);
    }
  });
});

test("a JPEG cut at any byte of its headers loses only itself", async () => {
  for (let cut = 4; cut < 700; cut++) {
    const { data, stats } = await parse(new parsers.JpegParserStream(), [baseline.subarray(0, cut), baseline]);
    expect(data.map(text)).toEqual([text(baseline)]);
    expect(stats.dropped.truncated + stats.dropped.malformed).toBe(1);
  }
});

test("a camera's JPEG without Huffman tables comes out with them, and decodes to the same picture", async () => {
  const bare = withoutTables(baseline);
  expect(bare.length).toBe(baseline.length - 4 * 4 - 416 + 0);
  for (const bytes of [join(bare, bare), join(part(bare), part(bare))]) {
    const { data } = await parse(new parsers.FrameParserStream(), chunked(bytes, 4096));
    expect(data.map(({ length }) => length)).toEqual([bare.length + 420, bare.length + 420]);
    for (const picture of data) {
      expect((await sharp(picture).raw().toBuffer()).equals(await sharp(baseline).raw().toBuffer())).toBe(true);
    }
  }
});

test("the standard tables are one DHT segment of 420 bytes", () => {
  expect(standardTables.length).toBe(420);
  expect([...standardTables.subarray(0, 4)]).toEqual([0xff, 0xc4, 0x01, 0xa2]);
});

function withoutTables(picture: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = [picture.subarray(0, 2)];
  let at = 2;
  for (;;) {
    const marker = picture[at + 1];
    const length = 2 + ((picture[at + 2] ?? 0) << 8) + (picture[at + 3] ?? 0);
    if (marker !== 0xc4) kept.push(picture.subarray(at, at + length));
    at += length;
    if (marker === 0xda) return join(...kept, picture.subarray(at));
  }
}
