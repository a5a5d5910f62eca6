import type { Explanation } from "../failure.ts";
import { detectFormat, type Format } from "../media/format.ts";
import type { ParserStats } from "../media/parser-stats.ts";
import { redact } from "../redact.ts";

/** The input of one run. */
export interface Input {
  readonly stats: ParserStats;
  /** The first bytes, a few kilobytes. */
  readonly beginning: Uint8Array;
  readonly maxFrameSize: number;
}

/**
 * Describes the input of a run without a frame, and how to fix that: `1.5 MB came and no JPEG in it: it looks like H.264
 * (ffmpeg can turn it into JPEGs: …)`, `90.1 MB came and no whole JPEG in it: 61 pictures over max_frame 8388608: set max_frame`.
 *
 * Returns undefined if there was no input, and if there were frames, unless these are fields of interlaced video. Only
 * `message` quotes the input.
 */
export function explainInput({ stats, beginning, maxFrameSize }: Input): Explanation | undefined {
  const { frames, bytes, fields } = stats;
  if (frames > 0) return fields > 0 ? plain(interlaced) : undefined;
  if (bytes === 0) return undefined;
  const input = `${formatSize(bytes)} came`;
  const { body, type } = firstPart(beginning);
  const format = detectFormat(body);
  const { foreign } = stats.dropped;
  const parts = foreign > 0 ? `${count(foreign, "part")} of ${type ?? "no stated type"}` : "";
  if (format) {
    const say = (what: string) => [`${input} and no JPEG in it`, parts, what].filter(Boolean).join(": ");
    return { message: say(describe(format)), summary: say(describe({ ...format, text: undefined })) };
  }
  const failed = [...describePictures(stats, maxFrameSize), parts].filter(Boolean);
  if (failed.length === 0) return plain(`${input} and no JPEG in it`);
  return plain(`${input} and no whole JPEG in it: ${failed.join(", ")}`);
}

/** Returns an explanation that quotes nothing of the source. */
function plain(message: string): Explanation {
  return { message, summary: message };
}

const interlaced =
  "each picture is one field of interlaced video, with half of its lines; ffmpeg can weave them: " +
  "ffmpeg -f mjpeg -i INPUT -vf weave -f mjpeg -";

function describePictures({ dropped }: ParserStats, maxFrameSize: number): string[] {
  const { truncated, malformed, oversize, headers } = dropped;
  return [
    truncated > 0 ? `${count(truncated, "picture")} cut short` : "",
    malformed > 0 ? `${count(malformed, "damaged picture")}` : "",
    oversize > 0 ? `${count(oversize, "picture")} over max_frame ${maxFrameSize}: set max_frame` : "",
    headers > 0 ? "part headers that are too long" : "",
  ];
}

function describe({ name, ffmpeg, text }: Format): string {
  if (text !== undefined) return `it is ${name}: "${firstWords(text)}"`;
  if (ffmpeg === undefined) return `it looks like ${name}`;
  const input = ffmpeg === "" ? "-i INPUT" : `${ffmpeg} -i INPUT`;
  return `it looks like ${name} (ffmpeg can turn it into JPEGs: ffmpeg ${input} -f mjpeg -)`;
}

const maxWords = 80; // characters

/** Returns the beginning of a text in one line, without secrets and without control characters. */
function firstWords(text: string): string {
  const line = redact(text.slice(0, 1000))
    .replace(
      /\b(\w*(?:pass|pwd|token|secret|key|auth|signature|credential)\w*["']?\s*[:=]\s*)(?:(?:basic|bearer|digest)\s+)?["']?[^\s"'&,;]+/gi,
      "$1***",
    )
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences of terminals begin with one
    .replace(/\x1b\[[0-9;?]*[a-z]/gi, "")
    .replace(/[\s"]+/g, " ")
    .replace(/\p{C}/gu, "")
    .trim();
  return line.length > maxWords ? `${line.slice(0, maxWords).trimEnd()}…` : line;
}

/** Returns the body of the first part and its type, or all bytes if they are not multipart. */
function firstPart(beginning: Uint8Array): { body: Uint8Array; type?: string | undefined } {
  const text = new TextDecoder("latin1").decode(beginning); // one character a byte
  const headers = /^\s*--\S+[ \t]*\r?\n(?:[\w-]+[ \t]*:.*\r?\n)*\r?\n/.exec(text)?.[0];
  if (headers === undefined) return { body: beginning };
  const type = /^content-type[ \t]*:[ \t]*([\w.+/-]{1,60})/im.exec(headers)?.[1];
  return { body: beginning.subarray(headers.length), type: type && `type ${type}` };
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function formatSize(bytes: number): string {
  if (bytes < 1000) return count(bytes, "byte");
  return bytes < 999_950 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
