import { execFile } from "node:child_process";
import sharp, { type Sharp } from "sharp";
import { standardTables } from "../../src/media/jpeg/huffman.ts";
import { isInstalled } from "../fixtures/programs.ts";
import { join, segment } from "../media/jpeg-builder.ts";

/** A real picture, and the frame that a parser is to make of it. */
export interface Specimen {
  /** Which encoder made it, and how. */
  readonly name: string;
  /** As a sender sends it; behind a Multi-Picture file's first picture stand the further ones. */
  readonly bytes: Uint8Array;
  /** What comes out: as a rule the same bytes. */
  readonly frame: Uint8Array;
}

/** What {@link makeCorpus} made, and the programs it missed. */
export interface Corpus {
  readonly specimens: readonly Specimen[];
  readonly missing: readonly string[];
}

const [width, height] = [48, 32];
const raw = Uint8Array.from({ length: width * height * 3 }, (_, at) => ((at % 97) * (at % 31)) ^ (at >> 5));
const ppm = join(`P6\n${width} ${height}\n255\n`, raw);

/** The programs whose pictures {@link makeCorpus} has. */
export const encoders: readonly string[] = ["ffmpeg", "gst-launch-1.0", "cjpeg", "jpegtran", "convert"];

/** Small pictures of many encoders, with their options: made now, since a hundred files would only be old. */
export async function makeCorpus(): Promise<Corpus> {
  const missing = encoders.filter((program) => !isInstalled(program));
  const jobs = Object.entries({ ...byFfmpeg, ...byGstreamer, ...byCjpeg, ...byImageMagick })
    .map(([name, [program, args, input]]) => ({ name, program, args, input }))
    .filter(({ program }) => !missing.includes(program));
  const base = await encode(image().jpeg({ optimizeCoding: false }));
  const encoded = await Promise.all([
    ...jobs.map(async ({ name, program, args, input }) => ({ name, bytes: await output(program, args, input ?? ppm) })),
    ...Object.entries(bySharp).map(async ([name, make]) => ({ name, bytes: await encode(make(image())) })),
  ]);
  const thumbnailed = join(base.subarray(0, 2), await exifThumbnail(), base.subarray(2));
  encoded.push({ name: "EXIF thumbnail", bytes: thumbnailed });
  if (!missing.includes("convert")) {
    const bytes = await output("convert", ["jpg:-", "-quality", "60", "jpg:-"], thumbnailed);
    encoded.push({ name: "convert of an EXIF thumbnail", bytes });
  }
  if (!missing.includes("jpegtran")) {
    for (const [name, args] of Object.entries(byJpegtran)) {
      encoded.push({ name: `jpegtran ${name}`, bytes: await output("jpegtran", args, thumbnailed) });
    }
  }
  const bare = withoutTables(base);
  const second = await encode(image().resize(24, 16).jpeg());
  const first = withIndex(base);
  const specimens = [
    ...encoded.map(({ name, bytes }) => ({ name, bytes, frame: bytes })),
    { name: "AVI1 without DHT", bytes: bare, frame: withTables(bare) },
    { name: "MPO", bytes: join(first, second), frame: first },
  ];
  return { specimens, missing };
}

type Job = readonly [program: string, args: readonly string[], input?: Uint8Array];

const filter = `testsrc=size=${width}x${height}:rate=1`;
const ffmpeg = (...options: string[]): Job => [
  "ffmpeg",
  [..."-v error -f lavfi -i".split(" "), filter, ..."-frames:v 1 -strict unofficial".split(" "), ...options].concat(
    "-f mjpeg -".split(" "),
  ),
];
const byFfmpeg: Record<string, Job> = {
  "ffmpeg 4:2:0": ffmpeg("-pix_fmt", "yuvj420p", "-q:v", "2"),
  "ffmpeg 4:2:2, coarse": ffmpeg("-pix_fmt", "yuvj422p", "-q:v", "31"),
  "ffmpeg 4:4:4": ffmpeg("-pix_fmt", "yuvj444p", "-huffman", "default"),
  "ffmpeg limited range": ffmpeg("-pix_fmt", "yuv420p", "-huffman", "optimal"),
  "ffmpeg lossless": ffmpeg("-c:v", "ljpeg", "-pix_fmt", "bgr24"),
};

const gstreamer = (format: string, quality: number): Job => [
  "gst-launch-1.0",
  `-q videotestsrc num-buffers=1 ! video/x-raw,width=${width},height=${height},format=${format} ! jpegenc quality=${quality} ! fdsink`.split(
    " ",
  ),
];
const byGstreamer: Record<string, Job> = {
  "GStreamer 4:2:0": gstreamer("I420", 85),
  "GStreamer grey": gstreamer("GRAY8", 30),
  "GStreamer RGB": gstreamer("RGB", 100),
};

const byCjpeg: Record<string, Job> = Object.fromEntries(
  [
    "-baseline",
    "-optimize",
    "-progressive",
    "-arithmetic",
    "-progressive -arithmetic",
    "-grayscale",
    "-grayscale -progressive -restart 1",
    "-restart 1",
    "-restart 1B",
    "-quality 1", // quantization tables of 16 bits
    "-quality 100 -sample 1x1",
    "-sample 4x1",
    "-sample 1x2,1x1,1x1 -dct float",
    "-rgb",
  ].map((options): [string, Job] => [`cjpeg ${options}`, ["cjpeg", options.split(" ")]]),
);

const byJpegtran: Record<string, readonly string[]> = {
  "-copy all -progressive": ["-copy", "all", "-progressive"],
  "-copy all -arithmetic": ["-copy", "all", "-arithmetic"],
  "-copy none -restart 1B": ["-copy", "none", "-restart", "1B"],
  "-copy all -optimize -flip": ["-copy", "all", "-optimize", "-flip", "horizontal"],
};

const convert = (...options: string[]): Job => ["convert", ["ppm:-", ...options, "jpg:-"]];
const byImageMagick: Record<string, Job> = {
  convert: convert(),
  "convert CMYK": convert("-colorspace", "CMYK"),
  "convert grey": convert("-colorspace", "Gray", "-quality", "20"),
  "convert progressive": convert("-interlace", "JPEG", "-sampling-factor", "2x1"),
  "convert with a comment": convert("-set", "comment", "--frame\r\nContent-Type: image/jpeg\r\n\r\n"),
  "convert without JFIF": convert("-define", "jpeg:optimize-coding=false", "-strip"),
};

const bySharp: Record<string, (picture: Sharp) => Sharp> = {
  sharp: (picture) => picture.jpeg(),
  "sharp progressive": (picture) => picture.jpeg({ progressive: true }),
  "sharp mozjpeg": (picture) => picture.jpeg({ mozjpeg: true }),
  "sharp 4:4:4": (picture) => picture.jpeg({ chromaSubsampling: "4:4:4", quality: 100 }),
  "sharp grey": (picture) => picture.greyscale().jpeg(),
  "sharp CMYK": (picture) => picture.toColourspace("cmyk").jpeg(),
  "sharp with EXIF": (picture) => picture.withExif({ IFD0: { Copyright: "nobody" } }).jpeg(),
  "sharp with a colour profile": (picture) => picture.withIccProfile("p3").jpeg(),
};

const image = () => sharp(raw, { raw: { width, height, channels: 3 } });
const encode = async (picture: Sharp) => Uint8Array.from(await picture.toBuffer());

function output(program: string, args: readonly string[], input: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, [...args], { encoding: "buffer", timeout: 120_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`Cannot make a picture with ${program} ${args.join(" ")}: ${stderr}`));
      else resolve(Uint8Array.from(stdout));
    });
    child.stdin?.on("error", () => {}); // not all read it
    child.stdin?.end(input);
  });
}

/** An APP1 with a TIFF header, two directories and a JPEG thumbnail, as cameras write it. */
async function exifThumbnail(): Promise<Uint8Array> {
  const thumbnail = await encode(image().resize(12, 8).jpeg());
  const word = (value: number) => [value & 255, (value >> 8) & 255, 0, 0];
  const field = (tag: number, value: number) => [tag & 255, tag >> 8, 4, 0, 1, 0, 0, 0, ...word(value)];
  const directories = [0, 0, ...word(14), 2, 0, ...field(0x201, 44), ...field(0x202, thumbnail.length), ...word(0)];
  return segment(0xe1, join("Exif\0\0II*\0\x08\0\0\0", directories, thumbnail));
}

/** Calls `each` with every segment up to the first scan, which is the last. */
function* segments(jpeg: Uint8Array): Generator<{ marker: number; start: number; end: number }> {
  for (let start = 2; start < jpeg.length; ) {
    const marker = jpeg[start + 1] ?? 0;
    const end = start + 2 + ((jpeg[start + 2] ?? 0) << 8) + (jpeg[start + 3] ?? 0);
    yield { marker, start, end };
    if (marker === 0xda) return;
    start = end;
  }
}

/** A picture as UVC cameras send it: an AVI1 header, and no Huffman tables. */
function withoutTables(jpeg: Uint8Array): Uint8Array {
  const avi1 = segment(0xe0, join("AVI1", new Uint8Array(10)));
  const kept = [...segments(jpeg)].filter(({ marker }) => marker !== 0xc4 && marker !== 0xe0);
  const scan = kept.at(-1)?.end ?? 0;
  return join([0xff, 0xd8], avi1, ...kept.map(({ start, end }) => jpeg.subarray(start, end)), jpeg.subarray(scan));
}

function withTables(jpeg: Uint8Array): Uint8Array {
  const scan = [...segments(jpeg)].at(-1)?.start ?? 0;
  return join(jpeg.subarray(0, scan), standardTables, jpeg.subarray(scan));
}

/** The first picture of a Multi-Picture file, with the index of two (CIPA DC-007, 5.2). */
function withIndex(jpeg: Uint8Array): Uint8Array {
  const entry = (offset: number) => [...new Array<number>(8).fill(0), offset & 255, offset >> 8, 0, 0, 0, 0, 0, 0];
  const directory = [1, 0, 0x02, 0xb0, 7, 0, 32, 0, 0, 0, 26, 0, 0, 0, 0, 0, 0, 0];
  const index = (offset: number) => segment(0xe2, join("MPF\0II*\0\x08\0\0\0", directory, entry(0), entry(offset)));
  const length = jpeg.length + index(0).length;
  return join(jpeg.subarray(0, 2), index(length - 10), jpeg.subarray(2)); // counted from the index's fifth byte
}
