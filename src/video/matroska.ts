import type { Frame } from "../media/frame.ts";

/** A frame, and the time under which it is coded. */
export interface TimedFrame {
  readonly frame: Pick<Frame, "data" | "width" | "height">;
  /** Whole milliseconds, increasing. */
  readonly time: number;
}

/** Options for {@link MatroskaStream}. */
export interface MatroskaOptions {
  /** Frames per second that a rate control may expect, whatever the times. @default 25 */
  readonly frameRate?: number | undefined;
}

const encoder = new TextEncoder();
const unknownSize = Uint8Array.of(0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
const keyFrame = 0x80; // flag of a SimpleBlock

/**
 * Writes JPEGs as live Matroska (RFC 9559), each in a cluster of its own, so that a reader gets it with its last byte.
 *
 * The times come back exactly from ffmpeg, unlike those of a stream of JPEGs. All frames have the size of the first.
 */
export class MatroskaStream extends TransformStream<TimedFrame, Uint8Array<ArrayBuffer>> {
  constructor({ frameRate = 25 }: MatroskaOptions = {}) {
    let isFirst = true;
    super({
      transform({ frame, time }, controller) {
        if (isFirst) controller.enqueue(head(frame, frameRate));
        isFirst = false;
        const block = [Uint8Array.of(0x81, 0, 0, keyFrame), frame.data]; // track 1, at the time of its cluster
        controller.enqueue(element("1F43B675", element("E7", number(time)), element("A3", ...block)));
      },
    });
  }
}

function head({ width, height }: TimedFrame["frame"], frameRate: number): Uint8Array<ArrayBuffer> {
  const ebml = element("1A45DFA3", element("4282", encoder.encode("matroska")));
  const info = element("1549A966", element("2AD7B1", number(1_000_000))); // times are milliseconds
  const video = element("E0", element("B0", number(Math.max(1, width))), element("BA", number(Math.max(1, height))));
  const track = element(
    "AE",
    element("D7", number(1)),
    element("73C5", number(1)),
    element("83", number(1)), // video
    element("86", encoder.encode("V_MJPEG")),
    element("23E383", number(Math.round(1e9 / frameRate))), // nanoseconds a frame
    video,
  );
  return join([ebml, bytesOf("18538067"), unknownSize, info, element("1654AE6B", track)]);
}

/** Returns an EBML element: its id, in hexadecimal, its size, and its content. */
function element(id: string, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  const size = Uint8Array.of(0x10 | (length >>> 24), length >>> 16, length >>> 8, length); // below 2^28
  return join([bytesOf(id), size, ...content]);
}

function number(value: number): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (let rest = value; bytes.length === 0 || rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}

function bytesOf(hexadecimal: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hexadecimal.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
