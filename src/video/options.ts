import { type EncoderName, encoderNames } from "./encoders.ts";

/**
 * Options for the coded pictures of a camera.
 *
 * @example
 * ```ts
 * const front = camera({ id: "front", source: "/dev/video0", video: { bitrate: 1500, size: "1280x" } });
 * ```
 */
export interface VideoOptions {
  /** Encoder of ffmpeg; `auto` takes the first one of a list that ffmpeg has. @default "auto" */
  readonly encoder?: "auto" | EncoderName | undefined;
  /** Maximum kilobits per second. @default 3000 */
  readonly bitrate?: number | undefined;
  /** Preset of libx264, which other encoders ignore: a faster one needs more bytes. @default "superfast" */
  readonly preset?: Preset | undefined;
  /** Size of the coded pictures: `1280x720`, or `1280x` or `x720` to keep the aspect ratio. @default that of the pictures */
  readonly size?: string | undefined;
}

/** A preset of libx264 that keeps up with a camera. */
export type Preset = "ultrafast" | "superfast" | "veryfast" | "faster" | "fast" | "medium";

/** All presets that can be chosen. */
export const presets: readonly [Preset, ...Preset[]] = [
  "ultrafast",
  "superfast",
  "veryfast",
  "faster",
  "fast",
  "medium",
];

/** Bounds of `bitrate`, in kilobits per second. */
export const bitrates: { readonly min: number; readonly max: number } = { min: 50, max: 100_000 };

const sizePattern = /^(?=.*\d)([1-9]\d{0,3})?x([1-9]\d{0,3})?$/;

/** Throws a `TypeError` or a `RangeError` for invalid options; its message begins with `cannot`. */
export function checkVideo({ encoder = "auto", bitrate, preset, size }: VideoOptions, cannot: string): void {
  if (encoder !== "auto" && !encoderNames.includes(encoder)) {
    throw new TypeError(`${cannot}: video.encoder must be auto, ${encoderNames.join(", ")}, not ${encoder}`);
  }
  if (bitrate !== undefined && !(bitrate >= bitrates.min && bitrate <= bitrates.max)) {
    throw new RangeError(
      `${cannot}: video.bitrate must be from ${bitrates.min} to ${bitrates.max} kbit/s, not ${bitrate}`,
    );
  }
  if (preset !== undefined && !presets.includes(preset)) {
    throw new TypeError(`${cannot}: video.preset must be ${presets.join(", ")}, not ${preset}`);
  }
  if (size !== undefined && !sizePattern.test(size)) {
    throw new TypeError(`${cannot}: video.size must be 640x480, 640x or x480, not ${size}`);
  }
}
