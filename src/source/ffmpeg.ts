import { type CommandOptions, command } from "./process.ts";
import type { Argv, Source } from "./source.ts";

/** What {@link ffmpeg} is handed. */
export interface FfmpegOptions extends CommandOptions {
  /** Plays a file again and again. @default false */
  readonly loop?: boolean | undefined;
}

/** The kind of source that ffmpeg reads for us. */
export type FfmpegSource = Extract<Source, { kind: "ffmpeg" }>;

const probeTimeout = 10_000; // milliseconds

/**
 * Makes a source of anything ffmpeg reads: each call starts it and gives concatenated JPEGs.
 *
 * What is MJPEG already is copied untouched; everything else is decoded and encoded with as little delay as ffmpeg
 * allows. Whether it is, ffprobe tells before the first run, and again after a run that failed.
 */
export function ffmpeg(source: FfmpegSource, options: FfmpegOptions) {
  const { loop } = options;
  let run: ((signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>) | undefined;

  return async (signal: AbortSignal): Promise<ReadableStream<Uint8Array>> => {
    run ??= command(ffmpegArgv(source, { copy: await isMjpeg(source, options, signal), loop }), options);
    return await run(signal);
  };
}

/** How ffmpeg is to read a source. */
export interface FfmpegReading {
  /** Its video is MJPEG, and is taken as it is. */
  readonly copy: boolean;
  /** Begin again at its end. @default false */
  readonly loop?: boolean | undefined;
}

/** The ffmpeg command line for a source. */
export function ffmpegArgv(source: FfmpegSource, { copy, loop = false }: FfmpegReading): Argv {
  const encode = ["-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p", "-threads:v", "1"]; // more threads, more delay
  return [
    "ffmpeg",
    ...["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning"],
    ...(source.medium === "file" ? ["-re"] : ["-fflags", "nobuffer", "-flags", "low_delay"]),
    ...(loop ? ["-stream_loop", "-1"] : []),
    ...inputArguments(source, { mjpeg: copy }),
    ...["-map", "0:v:0", "-an", "-sn", "-dn"],
    ...(copy ? ["-c:v", "copy"] : encode),
    ...["-f", "mjpeg", "-flush_packets", "1", "pipe:1"],
  ];
}

function inputArguments({ input, medium }: FfmpegSource, { mjpeg }: { readonly mjpeg: boolean }): string[] {
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

async function isMjpeg(source: FfmpegSource, { spawn, env }: CommandOptions, signal: AbortSignal): Promise<boolean> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(probeTimeout)]);
  const probe = command(
    [
      "ffprobe",
      ...["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=codec_name", "-of", "csv=p=0"],
      ...inputArguments(source, { mjpeg: source.medium === "device" }), // a device says no if it has none
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
