import { Failure } from "../failure.ts";
import { readText } from "../source/ffmpeg/probe.ts";
import { command, type Spawn } from "../source/process.ts";

/** The name of an encoder for H.264 in ffmpeg. */
export type EncoderName = "libx264" | "libopenh264" | "h264_v4l2m2m" | "h264_vaapi" | "h264_nvenc";

/** Encoders of ffmpeg for H.264 that are used, the preferred ones first. */
export const encoderNames: readonly [EncoderName, ...EncoderName[]] = [
  "libx264",
  "libopenh264",
  "h264_v4l2m2m",
  "h264_vaapi",
  "h264_nvenc",
];

const known = new WeakMap<Spawn, readonly EncoderName[]>();

/** Returns the encoders that the installed ffmpeg has, the preferred ones first; asks it once for each `spawn`. */
export async function listEncoders(spawn: Spawn): Promise<readonly EncoderName[]> {
  const before = known.get(spawn);
  if (before) return before;
  const open = command(["ffmpeg", "-hide_banner", "-v", "error", "-encoders"], { spawn });
  const text = await readText(await open(new AbortController().signal));
  const names = new Set(Array.from(text.matchAll(/^ V\S{5} (\S+)/gm), ([, name]) => name));
  const found = encoderNames.filter((name) => names.has(name));
  if (found.length > 0) known.set(spawn, found);
  return found;
}

/**
 * Returns the encoders to try, in this order. Rejects with a {@link Failure} if ffmpeg is not installed, or has none of
 * them.
 */
export async function chooseEncoders(
  encoder: "auto" | EncoderName,
  spawn: Spawn,
): Promise<readonly [EncoderName, ...EncoderName[]]> {
  const available = await listEncoders(spawn);
  const [first, ...rest] = available.filter((name) => encoder === "auto" || name === encoder);
  if (first) return [first, ...rest];
  const named = encoder === "auto" ? "encoder for H.264" : `encoder ${encoder}`;
  const others = available.length > 0 ? `; it has ${available.join(", ")}` : "";
  throw new Failure(`ffmpeg has no ${named}${others}`);
}
