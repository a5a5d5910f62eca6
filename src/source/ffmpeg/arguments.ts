import type { Argv } from "../source.ts";
import type { FfmpegSettings, FfmpegSpec } from "./spec.ts";

/** What is known of a source before ffmpeg converts it. */
export interface VideoInfo {
  /** Name of its codec: `mjpeg`, `h264`. */
  readonly codec: string;
  /** Name of its container, as `-f` takes it, where ffmpeg had to guess it from the bytes. */
  readonly format?: string | undefined;
  /** Whether each of its pictures is two fields. */
  readonly isInterlaced: boolean;
}

/** Options for {@link convertArguments}. */
export interface ConvertOptions extends FfmpegSettings {
  /** @default it is decoded, whatever it is */
  readonly video?: VideoInfo | undefined;
  /** Begins again at the end. @default false */
  readonly loop?: boolean | undefined;
  /** The option that sets how frames are timed: `-fps_mode`, which ffmpeg before 5.1 calls `-vsync`. */
  readonly fpsMode: "-fps_mode" | "-vsync";
}

/** Returns the command line that turns a source into concatenated JPEGs. */
export function convertArguments(spec: FfmpegSpec, options: ConvertOptions): Argv {
  const { video, loop = false, fpsMode, quality } = options;
  const copy = isCopied(video, options);
  const encode = [
    ...(video?.isInterlaced ? ["-vf", "yadif"] : []),
    ...["-c:v", "mjpeg", "-q:v", String(quantizer(quality)), "-pix_fmt", "yuvj420p"],
    ...["-threads:v", "1"], // more threads, more delay
    ...[fpsMode, "passthrough"], // the rate of a slow stream is guessed wrongly, and its frames would be repeated
  ];
  return [
    "ffmpeg",
    ...["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning"],
    ...(spec.medium === "file" ? ["-re"] : ["-flags", "low_delay"]),
    ...(loop ? ["-stream_loop", "-1"] : []),
    ...inputArguments(spec, options),
    ...["-map", "0:v:0", "-an", "-sn", "-dn"],
    ...(copy ? ["-c:v", "copy"] : encode),
    ...["-f", "mjpeg", "-flush_packets", "1", "pipe:1"],
  ];
}

/** Returns the command line that tells what a source is. */
export function probeArguments(spec: FfmpegSpec, settings: FfmpegSettings): Argv {
  return [
    "ffprobe",
    ...["-v", "error", "-select_streams", "v:0", "-of", "flat"],
    ...["-show_entries", "stream=codec_name,field_order:format=format_name"],
    // A device is asked for MJPEG, and says no if it has none.
    ...inputArguments(spec, { ...settings, video: { codec: "mjpeg", isInterlaced: false } }),
  ];
}

/** Tells whether the JPEGs of a source are passed on as they are: what is interlaced comes as fields, half as high. */
function isCopied(video: VideoInfo | undefined, { quality }: FfmpegSettings): boolean {
  return video?.codec === "mjpeg" && !video.isInterlaced && quality === undefined;
}

// Little is analysed, since a stream of one frame a second takes long to say more.
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
      // What it sends stands in its description, so that no frame is read and thrown away to find out.
      return [...transport, "-timeout", timeout, "-analyzeduration", "0", "-probesize", "32", "-i", input];
    }
    case "network": {
      const format = video?.format === undefined ? [] : ["-f", video.format];
      return [...shortAnalysis, "-probesize", "200000", ...format, "-i", input]; // bytes: 7 s of a very slow stream
    }
    case "file":
      return ["-i", `file:${input}`]; // a colon in its name is no protocol
  }
}

/** Returns ffmpeg's scale for JPEG, from 2 for the best to 31, for a quality from 1 to 100. */
function quantizer(quality: number | undefined): number {
  return quality === undefined ? 4 : Math.round(31 - (29 * quality) / 100);
}
