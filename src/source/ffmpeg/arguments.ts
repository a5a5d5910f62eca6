import type { Argv } from "../source.ts";
import type { FfmpegSettings, FfmpegSpec } from "./spec.ts";

/** Properties of a video stream, as ffprobe finds them. */
export interface VideoInfo {
  /** Name of its codec: `mjpeg`, `h264`. */
  readonly codec: string;
  /** Name of its container for `-f`, if ffprobe recognized it from the bytes. @default ffmpeg detects it */
  readonly format?: string | undefined;
  /** Whether each picture consists of two fields. */
  readonly isInterlaced: boolean;
  /** Whether ffmpeg can start it again by itself; others would stop after the first pass. @default false */
  readonly canRepeat?: boolean | undefined;
}

/** Options for {@link convertArguments}. */
export interface ConvertOptions extends FfmpegSettings {
  /** Properties of the input. @default unknown, so it is decoded */
  readonly video?: VideoInfo | undefined;
  /** Starts again at the end. @default false */
  readonly loop?: boolean | undefined;
  /** Name of the option `-fps_mode`, which is `-vsync` in ffmpeg before 5.1. */
  readonly fpsMode: "-fps_mode" | "-vsync";
}

/** Returns the ffmpeg command line that converts a source to concatenated JPEGs. */
export function convertArguments(spec: FfmpegSpec, options: ConvertOptions): Argv {
  const { video, loop = false, fpsMode, quality } = options;
  const copy = isCopied(video, options);
  const encode = [
    ...(video?.isInterlaced ? ["-vf", "yadif"] : []),
    ...["-c:v", "mjpeg", "-q:v", String(quantizer(quality)), "-pix_fmt", "yuvj420p"],
    ...["-threads:v", "1"], // each additional thread adds a frame of delay
    ...[fpsMode, "passthrough"], // the rate of a slow stream is guessed wrongly, and its frames would be repeated
  ];
  return [
    "ffmpeg",
    ...["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning"],
    ...(spec.medium === "file" ? ["-re"] : ["-flags", "low_delay"]),
    ...(loop && video?.canRepeat ? ["-stream_loop", "-1"] : []),
    ...inputArguments(spec, options),
    ...["-map", "0:v:0", "-an", "-sn", "-dn"],
    ...(copy ? ["-c:v", "copy"] : encode),
    ...["-f", "mjpeg", "-flush_packets", "1", "pipe:1"],
  ];
}

/** Returns the ffprobe command line that finds the {@link VideoInfo} of a source. */
export function probeArguments(spec: FfmpegSpec, settings: FfmpegSettings): Argv {
  return [
    "ffprobe",
    ...["-v", "error", "-select_streams", "v:0", "-of", "flat"],
    ...["-show_entries", "stream=codec_name,field_order:format=format_name"],
    // Requests MJPEG from a device; ffprobe fails if the device does not offer it.
    ...inputArguments(spec, { ...settings, video: { codec: "mjpeg", isInterlaced: false } }),
  ];
}

/** Tells whether the JPEGs of a source are copied unchanged. Interlaced ones are not: each has half the height. */
function isCopied(video: VideoInfo | undefined, { quality }: FfmpegSettings): boolean {
  return video?.codec === "mjpeg" && !video.isInterlaced && quality === undefined;
}

// Short, since a slow stream of one frame per second would take seconds to analyse.
const shortAnalysis = ["-analyzeduration", "500000", "-fpsprobesize", "0"]; // microseconds; frames

function inputArguments(
  { input, medium }: FfmpegSpec,
  { video, rtspTransport, inputFormat, size, fps, interval = 0 }: FfmpegSettings & Pick<ConvertOptions, "video">,
): string[] {
  switch (medium) {
    case "device": {
      const pixels = inputFormat ?? (video?.codec === "mjpeg" ? "mjpeg" : undefined);
      return [
        ...["-f", "v4l2"],
        ...(pixels === undefined ? [] : ["-input_format", pixels]),
        ...(size === undefined ? [] : ["-video_size", size]),
        ...(fps === undefined ? [] : ["-framerate", String(fps)]),
        ...["-i", input],
      ];
    }
    case "rtsp": {
      const transport =
        rtspTransport === undefined ? ["-rtsp_flags", "prefer_tcp"] : ["-rtsp_transport", rtspTransport];
      const timeout = String(1000 * Math.max(10_000, 2 * interval)); // microseconds
      // The SDP describes the streams, so that no frames need to be analysed and discarded.
      return [...transport, "-timeout", timeout, "-analyzeduration", "0", "-probesize", "32", "-i", input];
    }
    case "network": {
      const format = video?.format === undefined ? [] : ["-f", video.format];
      return [...shortAnalysis, "-probesize", "200000", ...format, "-i", input]; // bytes: 7 s of a very slow stream
    }
    case "file":
      return ["-i", `file:${input}`]; // keeps a colon in its name from being read as a protocol
  }
}

/** Converts a quality from 1 to 100 to the quantizer scale of ffmpeg, from 2 (best) to 31. */
function quantizer(quality: number | undefined): number {
  return quality === undefined ? 4 : Math.round(31 - (29 * quality) / 100);
}
