import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { EOI, JFIF, join, jpeg, part, SOI, segment, sof } from "./jpeg-builder.ts";
import { chunked, parse, parsers, split, text } from "./parse.ts";

const [width, height] = [96, 64];
const raw = new Uint8Array(width * height * 3).map((_, at) => ((at % 97) * (at % 31)) ^ (at >> 9));
const encoded = Uint8Array.from(
  await sharp(raw, { raw: { width, height, channels: 3 } })
    .jpeg()
    .toBuffer(),
);
const whole = join(SOI, JFIF, encoded.subarray(2));
const thumbnail = jpeg({ before: [], frame: sof(4, 4) });
const exif = segment(0xe1, join("Exif\0\0", thumbnail, "rest"));

const insert = (at: number, bytes: Iterable<number>) => join(whole.subarray(0, at), bytes, whole.subarray(at));
const scanStart = before(0xda);
const inScan = scanStart + 200;

/** Pictures that break rules in ways that decoders forgive; `bytes` are what comes, `out` what is delivered of it. */
const repairable: { name: string; bytes: Uint8Array; out?: Uint8Array }[] = [
  { name: "no EOI", bytes: whole.subarray(0, -2), out: whole },
  { name: "half an EOI", bytes: whole.subarray(0, -1), out: whole },
  {
    name: "zeros in place of the EOI",
    bytes: join(whole.subarray(0, -2), new Uint8Array(9)),
    out: join(whole.subarray(0, -2), new Uint8Array(9), EOI),
  },
  { name: "a zero before DQT", bytes: insert(before(0xdb), [0]) },
  { name: "junk before SOF", bytes: insert(before(0xc0), [0x11, 0x22, 0x33]) },
  { name: "junk before DHT", bytes: insert(before(0xc4), [0x11, 0x22, 0x33]) },
  { name: "junk before SOS", bytes: insert(scanStart, [1, 2, 3, 0xff, 0]) },
  { name: "a zero behind the SOI", bytes: insert(2, [0]) },
  { name: "junk behind the SOI", bytes: insert(2, [0xff, 0, 1, 2, 3]) },
  { name: "junk behind EXIF with a thumbnail", bytes: insert(2, join(exif, [1, 2, 3])) },
  { name: "an empty DHT", bytes: insert(before(0xc4), [0xff, 0xc4, 0, 2]) },
  { name: "an empty DQT", bytes: insert(before(0xdb), [0xff, 0xdb, 0, 2]) },
  { name: "an APPn that is too long", bytes: insert(2, [0xff, 0xe3, 0, 8, 1, 2, 3, 4]) },
  { name: "an APPn that is too short", bytes: insert(2, [0xff, 0xe3, 0, 3, 1, 2, 3, 4]) },
  { name: "a length of zero", bytes: insert(2, [0xff, 0xe3, 0, 0]) },
  { name: "a restart marker between segments", bytes: insert(before(0xdb), [0xff, 0xd0]) },
  { name: "TEM between segments", bytes: insert(before(0xdb), [0xff, 0x01]) },
  { name: "TEM in the scan", bytes: insert(inScan, [0xff, 0x01]) },
  { name: "a reserved marker in the scan", bytes: insert(inScan, [0xff, 0x37]) },
  { name: "a frame header in the scan", bytes: insert(inScan, sof(16, 8)) },
  { name: "a comment in the scan that leads nowhere", bytes: insert(inScan, [0xff, 0xfe, 0xff, 0xff]) },
];

/** Pictures of which it takes a part with a length to tell where they begin, or that they are no thumbnail. */
const onlyByLength = ["a zero behind the SOI", "junk behind EXIF with a thumbnail"];

/** Position of the first segment with this marker. */
function before(marker: number): number {
  let at = 2;
  while (whole[at + 1] !== marker) at += 2 + ((whole[at + 2] ?? 0) << 8) + (whole[at + 3] ?? 0);
  return at;
}

const withLength = (bytes: Uint8Array) =>
  part(bytes, { headers: ["Content-Type: image/jpeg", `Content-Length: ${bytes.length}`] });
const times = (count: number, bytes: Uint8Array) => join(...new Array<Uint8Array>(count).fill(bytes));

describe.each(repairable)("a picture with $name", ({ name, bytes, out = bytes }) => {
  test.each([1, 7, 1 << 20])("comes out of a part whose length is right, in chunks of %i", async (size) => {
    const body = join(withLength(whole), withLength(bytes), withLength(whole), withLength(bytes));
    for (const Stream of [parsers.MultipartParserStream, parsers.FrameParserStream]) {
      const { data, stats } = await parse(new Stream(), chunked(body, size));
      expect(data.map(text)).toEqual([whole, out, whole, out].map(text));
      expect(stats).toMatchObject({ repaired: 2, dropped: { truncated: 0, malformed: 0, foreign: 0 } });
      const arrived = 2 * whole.length + 2 * (out.length - (endsOpen(bytes) ? 2 : 0));
      expect(stats.bytes).toBe(stats.framing + stats.skipped + arrived);
    }
  });

  test.each([7, 1 << 20])("comes out of parts without a length once all are so, in chunks of %i", async (size) => {
    if (onlyByLength.includes(name)) return;
    const { data } = await parse(new parsers.FrameParserStream(), chunked(times(10, part(bytes)), size));
    expect(data.slice(-3).map(text)).toEqual([out, out, out].map(text));
    expect(data.length).toBeLessThan(10);
  });

  test("is shown by a decoder", async () => {
    const decoded = await sharp(out, { failOn: "none" }).raw().toBuffer({ resolveWithObject: true });
    expect(decoded.info).toMatchObject({ width, height });
  });
});

test.each(repairable.filter(({ name }) => !onlyByLength.includes(name) && !name.includes("nowhere")))(
  "pictures that all have $name come out one behind the other too",
  async ({ bytes, out = bytes }) => {
    for (const size of [7, 1 << 20]) {
      const { data, stats } = await parse(new parsers.FrameParserStream(), chunked(times(10, bytes), size));
      const filled = join(whole.subarray(0, -1), EOI); // half an EOI and an SOI are a fill byte and an SOI
      for (const frame of data.slice(-3)) expect([text(out), text(filled)]).toContain(text(frame));
      expect(stats.repaired).toBe(data.length);
      expect(data.length).toBeGreaterThanOrEqual(3);
    }
  },
);

const cut = whole.subarray(0, -20);
const withoutTables = whole.subarray(before(0xc0));
test.each<[string, Uint8Array, Uint8Array[]]>([
  ["a part with a wrong length", part(cut, { headers: ["Content-Length: 99"] }), []],
  ["a part with a length beyond its end", part(cut, { headers: [`Content-Length: ${cut.length + 100}`] }), []],
  ["a part without a length", part(cut), []],
  ["a part that ends in its tables", withLength(whole.subarray(0, scanStart - 9)), []],
  ["a part without quantization tables", withLength(join(whole.subarray(0, before(0xdb)), [0], withoutTables)), []],
  ["a part of a lone SOI and a picture", withLength(join(SOI, whole)), [whole]],
  ["a part of a picture cut short and another", withLength(join(cut, whole)), [whole]],
  ["a part of an SOI alone", withLength(join(SOI)), []],
])("%s is not repaired", async (_name, damaged, out) => {
  for (const size of [1, 7, 1 << 20]) {
    const body = join(withLength(whole), withLength(whole), withLength(whole), damaged, withLength(whole));
    const { data } = await parse(new parsers.FrameParserStream(), chunked(body, size));
    expect(data.map(text)).toEqual([whole, whole, whole, ...out, whole].map(text));
  }
});

test("a picture without an EOI needs no byte behind the delimiter of the next part", async () => {
  const parser = new parsers.FrameParserStream();
  const writer = parser.writable.getWriter();
  const reader = parser.readable.getReader();
  void writer.write(join(withLength(whole), withLength(whole.subarray(0, -2)), "--frame\r\n"));
  for (let frame = 0; frame < 2; frame++) expect(text((await reader.read()).value?.data ?? whole)).toBe(text(whole));
  await reader.cancel();
});

test("one good picture among bad ones is enough to keep a stream without lengths strict", async () => {
  const { data, stats } = await parse(new parsers.JpegParserStream(), [times(4, join(times(4, cut), whole))]);
  expect(data.map(text)).toEqual(new Array(4).fill(text(whole)));
  expect(stats).toMatchObject({ repaired: 0, dropped: { truncated: 16 } });
});

test("no split of repairable and of good parts loses a good frame or changes what comes out", async () => {
  const piece = fc.oneof(
    fc.constant({ bytes: whole, good: true }),
    fc.constantFrom(...repairable).map(({ bytes }) => ({ bytes, good: false })),
    fc.nat(whole.length).map((end) => ({ bytes: whole.subarray(0, end), good: false })),
  );
  const framed = fc.tuple(piece, fc.constantFrom(0, 0, 0, 1, -7, 500, Number.NaN)).map(([{ bytes, good }, off]) => {
    const headers = Number.isNaN(off) ? [] : [`Content-Length: ${bytes.length + off}`];
    return { bytes: part(bytes, { headers }), good };
  });
  await fc.assert(
    fc.asyncProperty(fc.array(framed, { minLength: 1, maxLength: 12 }), fc.array(fc.nat(30_000)), async (parts, at) => {
      const input = join(...parts.map(({ bytes }) => bytes));
      const once = await parse(new parsers.FrameParserStream(), [input]);
      const pieces = await parse(new parsers.FrameParserStream(), split(input, at));
      expect(pieces.data.map(text)).toEqual(once.data.map(text));
      expect(pieces.stats).toEqual(once.stats);
      const good = parts.filter((one) => one.good).length;
      const found = once.data.filter((data) => text(data) === text(whole)).length;
      expect(found).toBeGreaterThanOrEqual(good);
    }),
  );
});

test.each([
  ["1x1", 1, 1],
  ["65535x65535", 65535, 65535],
  ["65535x1", 65535, 1],
])("a picture of %s comes out, and so does one of another size behind it", async (_, wide, high) => {
  const odd = jpeg({ frame: sof(wide, high) });
  const { frames } = await parse(new parsers.FrameParserStream(), [join(jpeg(), odd, jpeg({ frame: sof(8, 8) }))]);
  expect(frames.map((frame) => [frame.width, frame.height])).toEqual([
    [16, 8],
    [wide, high],
    [8, 8],
  ]);
});

test("fields of interlaced video are counted, progressive pictures with an AVI1 header are not", async () => {
  const avi1 = (polarity: number) => segment(0xe0, join("AVI1", [polarity], new Uint8Array(9)));
  const fields = [1, 2].map((polarity) => jpeg({ before: avi1(polarity), frame: sof(720, 288) }));
  const interlaced = await parse(new parsers.FrameParserStream(), [join(...fields, ...fields)]);
  expect(interlaced.stats).toMatchObject({ frames: 4, fields: 4 });
  expect(interlaced.frames[0]).toMatchObject({ width: 720, height: 288 });
  for (const before of [avi1(0), segment(0xe0, "JFIF\0\x01")]) {
    const { stats } = await parse(new parsers.FrameParserStream(), [jpeg({ before, frame: sof(720, 288) })]);
    expect(stats).toMatchObject({ frames: 1, fields: 0 });
  }
  const square = jpeg({ before: avi1(1), frame: sof(640, 480) });
  expect((await parse(new parsers.FrameParserStream(), [square])).stats.fields).toBe(0);
});

/** Whether nothing of a picture's own EOI came. */
function endsOpen(bytes: Uint8Array): boolean {
  return bytes.at(-2) !== 0xff || bytes.at(-1) !== 0xd9;
}
