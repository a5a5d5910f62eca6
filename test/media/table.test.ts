import { describe, expect, test } from "vitest";
import { DHT, DQT, EOI, JFIF, join, jpeg, part, SCAN, SOI, segment, sof } from "./jpeg-builder.ts";
import { chunked, parse, parsers } from "./parse.ts";

const good = jpeg();
const other = jpeg({ frame: sof(320, 240), scan: [9, 9, 9] });
const thumbnail = jpeg({ before: [], frame: sof(4, 4) });
const exif = segment(0xe1, join("Exif\0\0", thumbnail, "rest"));
const scanned = good.subarray(0, -2);
const standardTables = jpeg({ tables: [] }).length + 420;

interface Row {
  name: string;
  /** What stands where a picture stands: in a part, or between good JPEGs. */
  picture: Uint8Array;
  /** What comes out of it. @default the picture itself */
  out?: Uint8Array[];
  skipped?: number;
  dropped?: Record<string, number>;
}

/** Two pictures, of which the first one says that the second one follows so many bytes behind it. */
function multiPicture(gap: number, behind: Iterable<number> = []) {
  const header = "MPF\0II*\0\x08\0\0\0";
  const entry = (offset: number) => [0, 0, 0, 0, 0, 0, 0, 0, offset & 255, (offset >> 8) & 255, 0, 0, 0, 0, 0, 0];
  const app2 = (offset: number) =>
    segment(
      0xe2,
      join(header, [1, 0, 0x02, 0xb0, 7, 0, 32, 0, 0, 0, 26, 0, 0, 0, 0, 0, 0, 0], entry(0), entry(offset)),
    );
  const length = jpeg({ before: join(app2(0), behind) }).length;
  const first = jpeg({ before: join(app2(length - 10 + gap), behind) }); // counted from behind SOI, marker, length, "MPF" and zero
  return { first, second: jpeg({ frame: sof(8, 8) }) };
}
const mpo = multiPicture(0);
const profiled = multiPicture(0, segment(0xe2, "ICC_PROFILE\0\x01\x01profile"));
const apart = multiPicture(part("").length);

const rows: Row[] = [
  { name: "an EXIF thumbnail in APP1", picture: jpeg({ before: exif }) },
  { name: "FF D9 FF D8 in a comment", picture: jpeg({ before: segment(0xfe, [0xff, 0xd9, 0xff, 0xd8]) }) },
  { name: "FF D9 FF D8 in an APPn", picture: jpeg({ before: segment(0xe5, [1, 0xff, 0xd9, 0xff, 0xd8, 0xff, 2]) }) },
  { name: "what looks like a boundary in a comment", picture: jpeg({ before: segment(0xfe, "\r\n--frame\r\n\r\n") }) },
  { name: "FF 00 and RSTn in entropy-coded data", picture: jpeg({ scan: [0xff, 0, 0xff, 0xd7, 1, 0xff, 0xd0] }) },
  { name: "fill bytes before markers", picture: jpeg({ before: [0xff, 0xff, ...JFIF], scan: [1, 0xff, 0xff, 0xff] }) },
  { name: "a DNL behind the scan", picture: jpeg({ frame: sof(16, 0), scan: [1, ...segment(0xdc, [0, 8])] }) },
  {
    name: "progressive scans",
    picture: jpeg({ frame: sof(16, 8, 0xc2), scan: join([1], DHT, SCAN, [2, 0xff, 0], DHT, SCAN, [3]) }),
  },
  { name: "a restart interval", picture: jpeg({ before: segment(0xdd, [0, 4]) }) },
  { name: "a Multi-Picture file", picture: join(mpo.first, mpo.second), out: [mpo.first], skipped: mpo.second.length },
  {
    name: "a Multi-Picture file with a colour profile",
    picture: join(profiled.first, profiled.second),
    out: [profiled.first],
    skipped: profiled.second.length,
  },
  { name: "an EOI twice", picture: join(good, EOI), out: [good], skipped: 2 },
  { name: "a line end and zeros behind a picture", picture: join(good, "\r\n", new Uint8Array(500)), out: [good] },
  { name: "a JFXX thumbnail", picture: jpeg({ before: join(JFIF, segment(0xe0, join("JFXX\0\x10", thumbnail))) }) },
  { name: "an APPn behind the scan", picture: jpeg({ scan: join([1], segment(0xe1, "trailer")) }) },
  { name: "tables behind the frame header", picture: join(SOI, sof(16, 8), DQT, DHT, SCAN, [1], EOI) },
  { name: "12 bits a sample", picture: jpeg({ frame: segment(0xc1, [12, 0, 8, 0, 16, 1, 1, 0x11, 0]) }) },
  { name: "an empty comment of 64 KiB", picture: jpeg({ before: segment(0xfe, new Uint8Array(65_533)) }) },
  { name: "zeros before a picture", picture: join(new Uint8Array(100), good), out: [good], skipped: 100 },
  { name: "a lone SOI before a picture", picture: join(SOI, good), out: [good], skipped: 2, dropped: { truncated: 1 } },
  {
    name: "a picture without a frame header",
    picture: join(SOI, DQT, SCAN, [1], EOI),
    out: [],
    dropped: { malformed: 1 },
  },
  { name: "a picture without a scan", picture: join(SOI, DQT, sof(1, 1), EOI), out: [], dropped: { malformed: 1 } },
  {
    name: "a truncated picture before a good one",
    picture: join(good.subarray(0, -4), good),
    out: [good],
    skipped: good.length - 4,
    dropped: { truncated: 1 },
  },
  {
    name: "a picture cut inside its tables before a good one",
    picture: join(good.subarray(0, 40), good),
    out: [good],
    skipped: 40,
    dropped: { truncated: 1 },
  },
  {
    name: "a picture with a thumbnail, cut short",
    picture: join(jpeg({ before: exif }).subarray(0, -3), good),
    out: [good],
    dropped: { truncated: 1 },
  },
  {
    name: "an APPn of length 65535 before a good picture",
    picture: join(SOI, [0xff, 0xe1, 0xff, 0xff], good),
    out: [good],
    skipped: 6,
    dropped: { truncated: 1 },
  },
  {
    name: "a marker that cannot stand in entropy-coded data",
    picture: jpeg({ scan: [1, 0xff, 0x37, 2] }),
    out: [],
    dropped: { malformed: 1 },
  },
];

describe.each(rows)("$name", ({ picture, out = [picture], skipped, dropped }) => {
  const expected = [good, ...out, other];

  test.each([1, 7, 1 << 20])("gives the same frames among JPEGs in chunks of %i", async (size) => {
    const bytes = join(good, picture, other);
    for (const Stream of [parsers.JpegParserStream, parsers.FrameParserStream]) {
      const { data, stats } = await parse(new Stream(), chunked(bytes, size));
      expect(data).toEqual(expected);
      expect(stats.dropped).toMatchObject({ truncated: 0, malformed: 0, oversize: 0, ...dropped });
      expect(stats.skipped).toBe(skipped ?? bytes.length - total(expected));
      expect(stats).toMatchObject({ bytes: bytes.length, frames: expected.length, framing: 0 });
    }
  });

  test.each([1, 7, 1 << 20])("gives the same frames in parts in chunks of %i", async (size) => {
    const bytes = join(part(good), part(picture), part(other));
    for (const Stream of [parsers.MultipartParserStream, parsers.FrameParserStream]) {
      const { data, stats } = await parse(new Stream(), chunked(bytes, size));
      expect(data).toEqual(expected);
      expect(stats.dropped).toMatchObject({ truncated: 0, malformed: 0, oversize: 0, ...dropped });
      expect(stats.skipped).toBe((skipped ?? total([picture]) - total(out)) + "\r\n".length);
      expect(stats.bytes).toBe(total(expected) + stats.skipped + stats.framing);
    }
  });
});

const CRLF = "\r\n";
const length = (value: number | string) => ({ headers: ["Content-Type: image/jpeg", `Content-Length: ${value}`] });
const bodies: { name: string; body: Uint8Array; boundary?: string; out?: Uint8Array[] }[] = [
  { name: "a boundary with its dashes given", body: join(part(good), part(other)), boundary: "--frame" },
  { name: "a boundary without dashes given", body: join(part(good), part(other)), boundary: "frame" },
  { name: "a quoted boundary given", body: join(part(good), part(other)), boundary: '"frame"' },
  {
    name: "four dashes in the body",
    body: join(part(good, { boundary: "--x" }), part(other, { boundary: "--x" })),
    boundary: "--x",
  },
  {
    name: "four dashes in the body only",
    body: join(part(good, { boundary: "--x" }), part(other, { boundary: "--x" })),
    boundary: "x",
  },
  { name: "four dashes, learned", body: join(part(good, { boundary: "--x" }), part(other, { boundary: "--x" })) },
  { name: "LF alone", body: join(part(good, { lineEnd: "\n" }), part(other, { lineEnd: "\n" })) },
  { name: "no line end before the boundary", body: join(part(good).subarray(0, -2), part(other).subarray(0, -2)) },
  { name: "a preamble", body: join("Hello --there\r\nX: y\r\n\r\n", part(good), part(other)) },
  { name: "zeros before", body: join(new Uint8Array(999), part(good), part(other)) },
  { name: "blanks behind the boundary", body: join(part(good, { boundary: "frame \t" }), part(other)) },
  { name: "a final boundary", body: join(part(good), part(other), "--frame--\r\n") },
  { name: "a final boundary without line end", body: join(part(good), part(other), "--frame--") },
  { name: "Content-Length right", body: join(part(good, length(good.length)), part(other)) },
  { name: "Content-Length too small", body: join(part(good, length(5)), part(other)) },
  { name: "Content-Length too large", body: join(part(good, length(5e6)), part(other)) },
  { name: "Content-Length negative", body: join(part(good, length(-1)), part(other)) },
  { name: "Content-Length 1e12", body: join(part(good, length("1000000000000")), part(other, length("1e12"))) },
  { name: "no headers at all", body: join(part(good, { headers: [] }), part(other, { headers: [] })) },
  { name: "an empty part", body: join(part(good), part(""), part([]).subarray(0, -2), part(other)) },
  {
    name: "a part of another type",
    body: join(part(good), part("hello", { headers: ["Content-type: text/plain"] }), part(other)),
  },
  {
    name: "a JPEG in a part of another type",
    body: join(part(good, { headers: ["Content-type: text/plain"] }), part(other)),
  },
  {
    name: "boundary and headers right behind each frame",
    body: join(
      part(good),
      part(other, { headers: ["Content-Type: image/jpeg"] }),
      "--frame\r\nContent-Type: image/jpeg\r\n\r\n",
    ),
  },
  {
    name: "a part cut in entropy-coded data",
    body: join(part(good), part(other.subarray(0, -3)), part(good), part(other)),
    out: [good, good, other],
  },
  {
    name: "a part cut in a segment that swallows the boundary",
    body: join(part(join(SOI, [0xff, 0xe1, 0x10, 0], "Exif\0\0")), part(good), part(other)),
    out: [good, other],
  },
  {
    name: "a part cut in a segment whose length leads into the next picture",
    body: join(part(join(SOI, [0xff, 0xe1, 0, 6 + part("").length + 2], "Exif")), part(good), part(other)),
    out: [good, other],
  },
  {
    name: "a part cut in a segment between scans whose length leads into the next picture",
    body: join(part(join(scanned, [0xff, 0xe1, 0, 6 + part("").length + 2], "Exif")), part(good), part(other)),
    out: [good, other],
  },
  {
    name: "a part whose index of other pictures leads into the next part",
    body: join(part(apart.first), part(apart.second)),
    out: [apart.first, apart.second],
  },
  {
    name: "a cut part with a boundary and endless headers in its comment",
    body: join(
      part(good),
      part(jpeg({ before: segment(0xfe, `\r\n--frame\r\n${"A: b\r\n".repeat(40)}`) }).subarray(0, -4)),
      part(other),
    ),
  },
  { name: "a part of SOI alone", body: join(part(SOI), part(good), part(other)) },
  { name: "text behind the picture", body: join(part(join(good, "frame --frames\r\n--frame-\r\n")), part(other)) },
];

describe.each(bodies)("multipart with $name", ({ body, boundary, out = [good, other] }) => {
  test.each([1, 5, 1 << 20])("gives the frames in chunks of %i", async (size) => {
    for (const Stream of [parsers.MultipartParserStream, parsers.FrameParserStream]) {
      const { data, stats } = await parse(new Stream({ boundary }), chunked(body, size));
      expect(data).toEqual(out);
      expect(stats.bytes).toBe(total(out) + stats.skipped + stats.framing);
    }
  });
});

test("a part without line ends to spare has nothing skipped", async () => {
  const { stats } = await parse(new parsers.MultipartParserStream(), [
    join(part(good), part(""), part(other), "--frame--", CRLF),
  ]);
  expect(stats.skipped).toBe(0);
});

test("standard Huffman tables are inserted before the first scan where there are none", async () => {
  const bare = jpeg({ tables: [], scan: join([1], SCAN, [2]) });
  const { data, stats } = await parse(new parsers.JpegParserStream(), [bare]);
  const at = bare.length - EOI.length - 2 - 2 * SCAN.length;
  expect(data[0]?.length).toBe(standardTables + SCAN.length + 2 - 9);
  expect(data[0]?.subarray(0, at)).toEqual(bare.subarray(0, at));
  expect(data[0]?.subarray(at, at + 4)).toEqual(Uint8Array.of(0xff, 0xc4, 0x01, 0xa2));
  expect(data[0]?.subarray(at + 420)).toEqual(bare.subarray(at));
  expect(stats.skipped).toBe(0);
});

test.each([0xc2, 0xc3, 0xc9])("no tables are inserted for frame header %i", async (marker) => {
  const bare = jpeg({ tables: [], frame: sof(16, 8, marker) });
  expect((await parse(new parsers.JpegParserStream(), [bare])).data).toEqual([bare]);
});

test.each(["undashed", '"un"', "--x--y"])(
  "a boundary %s that does not come is named in the error",
  async (boundary) => {
    const body = join("undashed\r\nContent-Type: image/jpeg\r\n\r\n", good, "\r\nundashed\r\n");
    const name = `Cannot parse multipart: no boundary "--${boundary.replaceAll('"', "").replace(/^--/, "")}"`;
    await expect(parse(new parsers.MultipartParserStream({ boundary }), [body])).rejects.toThrow(name);
    await expect(parse(new parsers.FrameParserStream({ boundary }), chunked(body, 1))).rejects.toThrow(name);
    const endless = (function* () {
      for (;;) yield body;
    })();
    await expect(parse(new parsers.MultipartParserStream({ boundary }), endless)).rejects.toThrow(
      "in the first 256 KiB",
    );
  },
);

test("a multipart body without any boundary is an error, an empty one is not", async () => {
  await expect(parse(new parsers.MultipartParserStream(), [good])).rejects.toThrow('no boundary line "--…"');
  expect((await parse(new parsers.MultipartParserStream(), [])).frames).toEqual([]);
});

test.each([
  ["of 8 KiB", ["A: ".padEnd(8192 - 4, "x")], undefined],
  ["of more than 8 KiB", ["A: ".padEnd(8192 - 3, "x")], "8192 bytes"],
  ["of 32 lines", new Array<string>(32).fill("A: b"), undefined],
  ["of 33 lines", new Array<string>(33).fill("A: b"), "32 lines"],
  ["without an end", ["A: ".padEnd(100_000, "x")], "8192 bytes"],
])("part headers %s", async (_, headers, error) => {
  for (const size of [1, 1000, 1 << 20]) {
    const parser = new parsers.MultipartParserStream({ boundary: "frame" });
    const parsed = parse(parser, chunked(part(good, { headers }), size));
    if (error === undefined) expect((await parsed).data).toEqual([good]);
    else await expect(parsed).rejects.toThrow(`Cannot parse multipart: part headers of more than ${error}`);
    expect(parser.stats.dropped.headers).toBe(error === undefined ? 0 : 1);
  }
});

test("a frame is as large as the limit or it is dropped, and the next one is found", async () => {
  for (const size of [1, 50, 1 << 20]) {
    for (const Stream of [parsers.JpegParserStream, parsers.FrameParserStream]) {
      const fits = await parse(new Stream({ maxFrameSize: good.length }), chunked(join(good, good), size));
      expect(fits.data).toEqual([good, good]);
      const large = jpeg({ scan: new Uint8Array(10) });
      const tooLarge = await parse(new Stream({ maxFrameSize: good.length }), chunked(join(large, good), size));
      expect(tooLarge.data).toEqual([good]);
      expect(tooLarge.stats.dropped).toMatchObject({ oversize: 1, truncated: 0, malformed: 0 });
      expect(tooLarge.stats.skipped).toBe(large.length);
    }
  }
});

test.each([0, -1, Number.NaN])("a maxFrameSize of %d is refused", (maxFrameSize) => {
  for (const Stream of Object.values(parsers)) {
    expect(() => new Stream({ maxFrameSize })).toThrow(RangeError);
  }
});

test("a good part inside a wrong length does not cost the part behind it", async () => {
  // The length ends, by chance, at a marker in the garbage of the third part, so the scan fails only there.
  const empty = part("", { headers: ["X-Timestamp: 1700000000.5", "X-Sequence: 7"] });
  const inside = join(part(good), empty, part(good), part(join(SOI, DQT, sof(9, 9))).subarray(0, -2));
  const wrong = (length: number) => join(SOI, [0xff, 0xe0, length >> 8, length & 255]);
  const end = inside.length - sof(9, 9).length;
  const body = join("--frame\r\n\r\n", wrong(end + 2), inside, part(other), part(good));
  const { data, frames } = await parse(new parsers.MultipartParserStream(), [body]);
  expect(data).toEqual([good, good, other, good]);
  expect(frames.map(({ upstream }) => upstream)).toEqual([undefined, undefined, undefined, undefined]);
});

test("what is unfinished at the end is dropped as truncated, and good frames inside are found", async () => {
  const cut = await parse(new parsers.JpegParserStream(), [join(good, other.subarray(0, -1))]);
  expect(cut.data).toEqual([good]);
  expect(cut.stats.dropped.truncated).toBe(1);
  const swallowed = await parse(new parsers.JpegParserStream(), [join(SOI, [0xff, 0xe1, 0xff, 0xff], good, other)]);
  expect(swallowed.data).toEqual([good, other]);
  expect(swallowed.stats).toMatchObject({ skipped: 6, backtracks: 1 });
});

function total(frames: Uint8Array[]): number {
  return frames.reduce((sum, { length }) => sum + length, 0);
}
