import sharp from "sharp";
import { expect, test } from "vitest";
import { detectFormat } from "../../src/media/format.ts";
import { join, jpeg } from "./jpeg-builder.ts";

const [width, height] = [64, 48];
const image = () => sharp({ create: { width, height, channels: 3, background: { r: 40, g: 80, b: 160 } } });
const bytesOf = async (picture: ReturnType<typeof image>) => Uint8Array.from(await picture.toBuffer());

const zeros = new Uint8Array(200);
const packet = join([0x47, 0x40, 0, 0x10], new Uint8Array(184).fill(0xff));
const random = new Uint8Array(4096).map((_, at) => Math.imul(at + 7, 2654435761) >>> 24);
/** Rows of a picture in which neighbours differ by little. */
const plane = (size: number) => new Uint8Array(size).map((_, at) => 60 + Math.round(50 * Math.sin(at / 40)));
const yuyv = plane(4096).map((luma, at) => (at % 2 ? 126 + ((at >> 1) % 3) : luma));
const uyvy = plane(4096).map((luma, at) => (at % 2 ? luma : 126 + ((at >> 1) % 3)));
const rgb = new Uint8Array(4096)
  .map((_, at) => [30, 120, 220][at % 3] ?? 0)
  .map((value, at) => value + ((at >> 5) % 9));

test.each<[string, Uint8Array | Promise<Uint8Array>]>([
  ["PNG", bytesOf(image().png())],
  ["WebP", bytesOf(image().webp())],
  ["GIF", bytesOf(image().gif())],
  ["TIFF", bytesOf(image().tiff())],
  ["AVIF", join([0, 0, 0, 28], "ftypavif", zeros)],
  ["HEIC", join([0, 0, 0, 24], "ftypheic", zeros)],
  ["BMP", join("BM", [70, 0, 0, 0, 0, 0, 0, 0], zeros)],
  ["AVI", join("RIFF", [1, 2, 3, 4], "AVI LIST")],
  ["WAV, which is sound", join("RIFF", [1, 2, 3, 4], "WAVEfmt ")],
  ["MP4", join([0, 0, 0, 32], "ftypisom", zeros)],
  ["MP4", join([0, 0, 2, 0], "moof", zeros)],
  ["Matroska or WebM", join([0x1a, 0x45, 0xdf, 0xa3], zeros)],
  ["FLV", join("FLV", [1, 5, 0, 0, 0, 9])],
  ["Ogg", join("OggS", zeros)],
  ["gzip, which has to be unpacked", join([0x1f, 0x8b, 8], random)],
  ["MPEG-TS", join(packet, packet, packet, packet)],
  ["MPEG-TS", join(packet.subarray(50), packet, packet, packet, packet)],
  ["H.264", join([0, 0, 0, 1, 0x67, 0x42, 0, 0x1f], random)],
  ["H.264", join([0, 0, 0, 1, 0x09, 0xf0, 0, 0, 0, 1, 0x67], random)],
  ["H.265", join([0, 0, 0, 1, 0x40, 1, 12, 1], random)],
  ["MPEG-4 video", join([0, 0, 1, 0xb0, 1], random)],
  ["MPEG-2 video", join([0, 0, 1, 0xb3, 1], random)],
  ["raw video (Y4M)", join("YUV4MPEG2 W64 H48 F10:1\n")],
  ["raw video (YUYV)", yuyv],
  ["raw video (UYVY)", uyvy],
  ["raw video (RGB)", rgb],
  ["raw video", plane(4096)],
  ["an HTTP answer: use http:// as the source", join("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ["JPEG in base64, which has to be decoded", join(Buffer.from(jpeg()).toString("base64"))],
  ["nothing but zeros", zeros],
  ["text", join("opening camera\n")],
  ["text", join("Öffne Kamera …\n")],
  ["text", join("\x1b[31merror\x1b[0m: no device\r\n")],
  ["text", join('{"error": "no such camera"}')],
  [
    "text",
    join(
      [0xff, 0xfe],
      ...[..."no camera"].map((letter) => [letter.charCodeAt(0), 0]).map((pair) => Uint8Array.from(pair)),
    ),
  ],
  ["an HTML page", join("<!DOCTYPE html>\n<html><head><TITLE lang=de>Login</TITLE>")],
])("bytes are detected as %s", async (name, bytes) => {
  expect(detectFormat(await bytes)?.name).toBe(name);
});

test("a page has its title, a text itself", () => {
  expect(detectFormat(join("<html><title> Log in </title>"))).toMatchObject({ text: "Log in" });
  expect(detectFormat(join("<html><body>"))).toEqual({ name: "an HTML page" });
  expect(detectFormat(join("hello"))).toMatchObject({ name: "text", text: "hello" });
});

test.each([
  ["a JPEG", jpeg()],
  ["noise", random],
  ["nothing", new Uint8Array()],
  ["blanks", join("  \r\n")],
])("%s is no format of these", (_, bytes) => {
  expect(detectFormat(bytes)).toBeUndefined();
});

test("any bytes are taken, cut anywhere", () => {
  for (let size = 0; size < 1500; size += 3)
    for (const bytes of [random, yuyv, packet, zeros]) detectFormat(bytes.subarray(0, size));
});
