import type { Argv } from "../source/source.ts";
import type { EncoderName } from "./encoders.ts";
import type { VideoOptions } from "./options.ts";

/** Options for {@link encodeArguments}. */
export interface EncodeOptions extends Omit<VideoOptions, "encoder"> {
  readonly encoder: EncoderName;
  /** Name of the option `-fps_mode`, which is `-vsync` in ffmpeg before 5.1. */
  readonly fpsMode: "-fps_mode" | "-vsync";
}

/** Default of `bitrate`, in kilobits per second. */
export const defaultBitrate = 3000;

/**
 * Returns the ffmpeg command line that codes live Matroska with JPEGs as H.264 in FLV, picture by picture.
 *
 * A picture at an odd millisecond becomes a key, one at an even millisecond does not unless 300 others have passed. Without
 * `-enc_time_base` the times would snap to the grid of the frame rate that the Matroska announces.
 */
export function encodeArguments({ encoder, fpsMode, size, ...options }: EncodeOptions): Argv {
  const isHardware = encoder === "h264_vaapi";
  return [
    "ffmpeg",
    ...["-hide_banner", "-nostdin", "-nostats", "-v", "error"],
    ...(isHardware ? ["-vaapi_device", "/dev/dri/renderD128"] : []),
    ...["-probesize", "32", "-analyzeduration", "0", "-threads", "1", "-copyts", "-f", "matroska", "-i", "pipe:0"],
    ...[fpsMode, "passthrough", "-enc_time_base", "1:1000"],
    ...["-vf", [scale(size), isHardware ? "format=nv12,hwupload" : "format=yuv420p"].join(",")],
    ...["-c:v", encoder, ...encoderArguments(encoder, options), "-g", "300"],
    ...["-force_key_frames", "expr:mod(round(t*1000),2)"],
    ...["-flush_packets", "1", "-flvflags", "no_duration_filesize", "-f", "flv", "pipe:1"],
  ];
}

function encoderArguments(
  encoder: EncoderName,
  { bitrate = defaultBitrate, preset = "superfast" }: Pick<VideoOptions, "bitrate" | "preset">,
): string[] {
  const limit = ["-maxrate", `${bitrate}k`, "-bufsize", `${Math.ceil(bitrate / 2)}k`];
  const average = ["-b:v", `${bitrate}k`, ...limit];
  switch (encoder) {
    case "libx264":
      return [
        ...["-preset", preset, "-tune", "zerolatency", "-profile:v", "baseline", "-threads", "1"],
        ...["-keyint_min", "1", "-sc_threshold", "0", "-crf", "23", ...limit],
      ];
    case "libopenh264":
      return ["-profile:v", "constrained_baseline", "-allow_skip_frames", "0", ...average];
    case "h264_v4l2m2m":
      return average;
    case "h264_vaapi":
      return ["-profile:v", "constrained_baseline", "-bf", "0", "-idr_interval", "0", ...average];
    case "h264_nvenc":
      return [
        ...["-preset", "p2", "-tune", "ull", "-zerolatency", "1", "-delay", "0", "-bf", "0"],
        ...["-forced-idr", "1", "-profile:v", "baseline", ...average],
      ];
  }
}

/** Returns the filter that makes both sides even, as H.264 with half the colours must have them, at the wanted size. */
function scale(size: string | undefined): string {
  if (size === undefined) return "crop=trunc(iw/2)*2:trunc(ih/2)*2:0:0";
  const [width, height] = size
    .split("x")
    .map((side) => (side === "" ? -2 : 2 * Math.max(1, Math.floor(Number(side) / 2))));
  return `scale=${width}:${height}`;
}
