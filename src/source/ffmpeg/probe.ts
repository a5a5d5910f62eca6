import type { Spawn } from "../process.ts";
import { type CommandOptions, command } from "../process.ts";
import { probeArguments, type VideoInfo } from "./arguments.ts";
import type { FfmpegSettings, FfmpegSpec } from "./spec.ts";

const timeout = 10_000; // milliseconds

/**
 * Runs ffprobe on a source. Returns undefined if it fails or takes longer than 10 s; ffmpeg then reports what is wrong.
 *
 * Rejects with the reason of `signal` when that is aborted.
 */
export async function probe(
  spec: FfmpegSpec,
  { spawn, env, ...settings }: FfmpegSettings & Pick<CommandOptions, "spawn" | "env">,
  signal: AbortSignal,
): Promise<VideoInfo | undefined> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
  try {
    const open = command(probeArguments(spec, settings), { spawn, env });
    return parseProbe(await readText(await open(deadline)));
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** Containers that ffmpeg can start again; MPEG-TS and MPEG-PS, for example, are not among them. */
const repeatable =
  /^(?:avi|mov|matroska|gif|apng|flv|ogg|asf|ivf|obu|m4v|mjpeg|yuv4mpegpipe|image2|[a-z0-9]+_pipe)(?:,|$)/;

/** Parses the output of ffprobe with `-of flat`; returns undefined if it lists no video. */
export function parseProbe(text: string): VideoInfo | undefined {
  const value = (name: string) => new RegExp(`${name}="([^"\n]*)"`).exec(text)?.[1];
  const codec = value("codec_name");
  if (codec === undefined) return undefined;
  const format = value("format_name");
  return {
    codec,
    format: format !== undefined && /^(mjpeg|mpjpeg|mpegts|h264|hevc)$/.test(format) ? format : undefined,
    isInterlaced: /^(tt|bb|tb|bt)$/.test(value("field_order") ?? ""),
    canRepeat: repeatable.test(format ?? "") && !(format === "avi" && /^(h264|hevc)$/.test(codec)),
  };
}

const modes = new WeakMap<Spawn, Promise<"-fps_mode" | "-vsync">>();

/** Returns the name of the option `-fps_mode` in the installed ffmpeg; checks its version once for each `spawn`. */
export function fpsModeOption(spawn: Spawn): Promise<"-fps_mode" | "-vsync"> {
  const known = modes.get(spawn) ?? askFpsMode(spawn);
  modes.set(spawn, known);
  return known;
}

async function askFpsMode(spawn: Spawn): Promise<"-fps_mode" | "-vsync"> {
  try {
    const text = await readText(await command(["ffmpeg", "-version"], { spawn })(new AbortController().signal));
    const [, major = "", minor = ""] = /^ffmpeg version n?(\d+)\.(\d+)/.exec(text) ?? [];
    return major !== "" && Number(major) + Number(minor) / 10 < 5.1 ? "-vsync" : "-fps_mode";
  } catch {
    modes.delete(spawn); // not installed, which the run will report
    return "-fps_mode";
  }
}

const maxText = 100_000; // characters

/** Reads the output of a program to its end, and returns at least its first 100,000 characters. */
export async function readText(bytes: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of bytes) if (text.length < maxText) text += decoder.decode(chunk, { stream: true });
  return text;
}
