import { redact } from "../../redact.ts";
import type { Driver, DriverOptions } from "../driver.ts";
import { type OpenBytes, ParsedRuns } from "../parse.ts";
import { type CommandOptions, command } from "../process.ts";
import type { Argv } from "../source.ts";
import type { Spelling } from "../spelling.ts";

/** Anything that ffmpeg reads. */
export interface FfmpegSpec {
  readonly kind: "ffmpeg";
  /** A path or a URL. */
  readonly input: string;
  readonly medium: "device" | "rtsp" | "network" | "file";
}

/** Lets ffmpeg read a device, a network stream or a file: `/dev/video0`, `rtsp://…`, `srt://…`, `clip.mp4`. */
export const ffmpeg: Driver<FfmpegSpec> = {
  kind: "ffmpeg",
  parse: (spelling) => ({ kind: "ffmpeg", ...parseInput(spelling) }),
  describe: ({ input }) => redact(input),
  hasEnd: isFile,
  canLoop: isFile,
  canStart: () => true,
  create: (spec, options) => new ParsedRuns(convert(spec, options), options),
};

const probeTimeout = 10_000; // milliseconds

function isFile({ medium }: FfmpegSpec): boolean {
  return medium === "file";
}

function parseInput({ text, scheme, rest }: Spelling): Omit<FfmpegSpec, "kind"> {
  switch (scheme) {
    case undefined:
      return { input: text, medium: text.startsWith("/dev/") ? "device" : "file" };
    case "rtsp":
    case "rtsps":
      return { input: text, medium: "rtsp" };
    case "file":
      return { input: rest, medium: "file" };
    default: // "rtmp://", "srt://", … but "12:30.mp4" and "C:\clip.mp4" are files
      return { input: text, medium: rest.startsWith("//") ? "network" : "file" };
  }
}

/**
 * Returns a function that starts ffmpeg and returns concatenated JPEGs.
 *
 * MJPEG is copied untouched; everything else is decoded and encoded with as little delay as ffmpeg allows. ffprobe tells
 * which it is, once, before the first run.
 */
function convert(spec: FfmpegSpec, options: DriverOptions): OpenBytes {
  const { loop } = options;
  let run: OpenBytes | undefined;

  return async (signal) => {
    run ??= command(ffmpegArgv(spec, { copy: await isMjpeg(spec, options, signal), loop }), options);
    return await run(signal);
  };
}

/** Options for {@link ffmpegArgv}. */
interface ConvertOptions {
  /** Copies the video, which is MJPEG already. */
  readonly copy: boolean;
  /** Begins again at the end. @default false */
  readonly loop?: boolean | undefined;
}

function ffmpegArgv(spec: FfmpegSpec, { copy, loop = false }: ConvertOptions): Argv {
  const encode = ["-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p", "-threads:v", "1"]; // more threads, more delay
  return [
    "ffmpeg",
    ...["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning"],
    ...(spec.medium === "file" ? ["-re"] : ["-fflags", "nobuffer", "-flags", "low_delay"]),
    ...(loop ? ["-stream_loop", "-1"] : []),
    ...inputArguments(spec, { mjpeg: copy }),
    ...["-map", "0:v:0", "-an", "-sn", "-dn"],
    ...(copy ? ["-c:v", "copy"] : encode),
    ...["-f", "mjpeg", "-flush_packets", "1", "pipe:1"],
  ];
}

function inputArguments({ input, medium }: FfmpegSpec, { mjpeg }: { readonly mjpeg: boolean }): string[] {
  switch (medium) {
    case "device":
      return ["-f", "v4l2", ...(mjpeg ? ["-input_format", "mjpeg"] : []), "-i", input];
    case "rtsp":
      return ["-rtsp_transport", "tcp", "-timeout", "10000000", "-i", input]; // microseconds
    case "network":
      return ["-i", input];
    case "file":
      return ["-i", `file:${input}`]; // a colon in its name is no protocol
  }
}

async function isMjpeg(spec: FfmpegSpec, { spawn, env }: CommandOptions, signal: AbortSignal): Promise<boolean> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(probeTimeout)]);
  const probe = command(
    [
      "ffprobe",
      ...["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=codec_name", "-of", "csv=p=0"],
      ...inputArguments(spec, { mjpeg: spec.medium === "device" }), // a device says no if it has none
    ],
    { spawn, env },
  );
  try {
    return (await new Response(await probe(deadline)).text()).trim().startsWith("mjpeg");
  } catch {
    signal.throwIfAborted();
    return false; // then ffmpeg itself will say what is wrong
  }
}
