// biome-ignore-all lint/suspicious/noControlCharactersInRegex: signatures are bytes of any kind
/** What bytes look like that contain no JPEG. */
export interface Format {
  /** Its name, such as "H.264" or "PNG". */
  readonly name: string;
  /** Options for ffmpeg to read it, if it can and if JPEGs can be made of it. */
  readonly ffmpeg?: string;
  /** The text itself, or the title of the page; whatever it contains. */
  readonly text?: string;
}

/** Formats that begin with bytes of their own, as Latin-1; a dot is any byte. */
const signatures: readonly (readonly [pattern: RegExp, name: string, ffmpeg?: string])[] = [
  [/^\x89PNG/s, "PNG", "-f image2pipe"],
  [/^RIFF....WEBP/s, "WebP", "-f image2pipe"],
  [/^GIF8/s, "GIF", ""],
  [/^BM....\0\0\0\0/s, "BMP", "-f image2pipe"],
  [/^(?:II\*\0|MM\0\*)/s, "TIFF", "-f image2pipe"],
  [/^\0\0\0.ftyp(?:hei|mif1|msf1)/s, "HEIC"],
  [/^\0\0\0.ftypavi/s, "AVIF", ""],
  [/^(?:\xff\x0a|\0\0\0\x0cJXL )/s, "JPEG XL", "-f image2pipe"],
  [/^(?:\xff\x4f\xff\x51|\0\0\0\x0cjP {2})/s, "JPEG 2000", "-f image2pipe"],
  [/^P[456]\s/s, "PNM", "-f image2pipe"],
  [/^qoif/s, "QOI", "-f image2pipe"],
  [/^RIFF....AVI /s, "AVI", ""],
  [/^RIFF....WAVE/s, "WAV, which is sound"],
  [/^....(?:ftyp|styp|moov|moof|mdat|free|wide)/s, "MP4", ""],
  [/^\x1aE\xdf\xa3/s, "Matroska or WebM", ""],
  [/^FLV\x01/s, "FLV", ""],
  [/^OggS/s, "Ogg", ""],
  [/^\x30\x26\xb2\x75/s, "ASF", ""],
  [/^DKIF/s, "IVF", ""],
  [/^YUV4MPEG2/s, "raw video (Y4M)", ""],
  [/^\x12\0\x0a/s, "AV1", "-f obu"],
  [/^\0\0\x01\xba/s, "MPEG-PS", ""],
  [/^(?:fLaC|ID3|\xff[\xf1\xf9\xfb])/s, "sound"],
  [/^\x1f\x8b/s, "gzip, which has to be unpacked"],
  [/^\x28\xb5\x2f\xfd/s, "zstd, which has to be unpacked"],
  [/^PK\x03\x04/s, "ZIP, which has to be unpacked"],
  [/^\x16\x03[\0-\x04]/s, "TLS: use https:// or a program that speaks it"],
  [/^\x15\x03[\0-\x04]/s, "TLS: use https:// or a program that speaks it"],
  [/^HTTP\/\d/s, "an HTTP answer: use http:// as the source"],
  [/^RTSP\/\d/s, "RTSP: use rtsp:// as the source"],
  [/^SSH-2/s, "SSH"],
  [/^\s*(?:data:image\/jpe?g;base64,)?\/9j\//s, "JPEG in base64, which has to be decoded"],
];

const tsPacket = 188;

/** Names the format that a stream begins with, from its first bytes; undefined for JPEG and for what is not known. */
export function detectFormat(bytes: Uint8Array): Format | undefined {
  if (bytes.length === 0 || (bytes[0] === 0xff && bytes[1] === 0xd8)) return undefined;
  const latin = String.fromCharCode(...bytes.subarray(0, 64)); // TextDecoder knows no Latin-1, only Windows-1252
  const signature = signatures.find(([pattern]) => pattern.test(latin));
  if (signature) {
    const [, name, ffmpeg] = signature;
    return ffmpeg === undefined ? { name } : { name, ffmpeg };
  }
  return detectText(bytes) ?? detectConstant(bytes) ?? detectStream(bytes) ?? detectRawVideo(bytes);
}

function detectText(bytes: Uint8Array): Format | undefined {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (!isUtf16) {
    // Escape sequences are text too: programs colour their output.
    const strange = bytes.filter((byte) => (byte < 0x20 && ![7, 8, 9, 10, 12, 13, 27].includes(byte)) || byte === 0x7f);
    if (strange.length > 0) return undefined;
  }
  const encoding = isUtf16 ? (bytes[0] === 0xff ? "utf-16le" : "utf-16be") : "utf-8";
  const text = new TextDecoder(encoding).decode(bytes);
  const garbled = text.slice(0, -1).split("\ufffd").length - 1; // the last character may have been cut
  if (text.trim() === "" || garbled > text.length / 10) return undefined;
  if (!/<(?:!doctype html|html|head|body|title)\b/i.test(text)) return { name: "text", text };
  const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1]?.trim();
  return title ? { name: "an HTML page", text: title } : { name: "an HTML page" };
}

function detectConstant(bytes: Uint8Array): Format | undefined {
  const [first] = bytes;
  if (!bytes.every((byte) => byte === first)) return undefined;
  return { name: first === 0 ? "nothing but zeros" : "one byte again and again" };
}

/** Detects what consists of packets or units, which may begin anywhere. */
function detectStream(bytes: Uint8Array): Format | undefined {
  for (let at = 0; at < tsPacket && at + 2 * tsPacket < bytes.length; at++) {
    if ([0, 1, 2].every((n) => bytes[at + n * tsPacket] === 0x47)) return { name: "MPEG-TS", ffmpeg: "-f mpegts" };
  }
  for (let at = bytes.indexOf(1); at >= 0; at = bytes.indexOf(1, at + 1)) {
    const [zero, one, , header = 0, next = 0] = bytes.subarray(Math.max(0, at - 2), at + 3);
    if (at < 2 || zero !== 0 || one !== 0) continue;
    if ([0x40, 0x42, 0x44, 0x46].includes(header) && next === 1) return { name: "H.265", ffmpeg: "-f hevc" };
    if (header === 0xb3) return { name: "MPEG-2 video", ffmpeg: "-f mpegvideo" };
    if (header === 0xb0 || header === 0xb6) return { name: "MPEG-4 video", ffmpeg: "-f m4v" };
    if ([7, 8].includes(header & 0x9f) || [0x09, 0x65].includes(header)) return { name: "H.264", ffmpeg: "-f h264" };
  }
  return undefined;
}

/** Largest mean difference of neighbours in a picture; it is 85 in what is compressed. */
const smooth = 16;

function detectRawVideo(bytes: Uint8Array): Format | undefined {
  if (bytes.length < 1024) return undefined;
  const differences = [1, 2, 3, 4].map((distance) => meanDifference(bytes, distance));
  const [planar = 0, packed = 0, rgb = 0, rgba = 0] = differences;
  if (Math.min(...differences) > smooth) return undefined;
  const colour = bytes.filter((_, at) => at % 2 === 1);
  const luma = bytes.filter((_, at) => at % 2 === 0);
  const options = (format: string) => `-f rawvideo -pixel_format ${format} -video_size WIDTHxHEIGHT`;
  const least = Math.min(...differences);
  if (packed <= 2 * least && isNeutral(colour) && !isNeutral(luma))
    return { name: "raw video (YUYV)", ffmpeg: options("yuyv422") };
  if (packed <= 2 * least && isNeutral(luma) && !isNeutral(colour))
    return { name: "raw video (UYVY)", ffmpeg: options("uyvy422") };
  if (planar <= least) return { name: "raw video", ffmpeg: options("yuv420p") };
  if (rgba < rgb) return { name: "raw video (RGBA)", ffmpeg: options("rgba") };
  return { name: "raw video (RGB)", ffmpeg: options("rgb24") };
}

function meanDifference(bytes: Uint8Array, distance: number): number {
  let sum = 0;
  for (let at = distance; at < bytes.length; at++) sum += Math.abs((bytes[at] ?? 0) - (bytes[at - distance] ?? 0));
  return sum / (bytes.length - distance);
}

/** Returns true for colour differences, which are near 128 in most pictures. */
function isNeutral(samples: Uint8Array): boolean {
  return samples.reduce((sum, sample) => sum + Math.abs(sample - 128), 0) / samples.length < 24;
}
