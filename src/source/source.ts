import { redact } from "../redact.ts";

/** Where pictures come from, as {@link parseSource} reads it off the command line or a configuration file. */
export type Source =
  /** The built-in test card; `size` is `WIDTHxHEIGHT@FPS`. */
  | { readonly kind: "testcard"; readonly size: string }
  /** A program, without a shell, that writes JPEGs or multipart to its standard output. */
  | { readonly kind: "command"; readonly argv: Argv }
  /** Anything ffmpeg reads. */
  | { readonly kind: "ffmpeg"; readonly input: string; readonly medium: "device" | "rtsp" | "network" | "file" }
  /** A socket of ours that a writer dials. */
  | { readonly kind: "listen"; readonly hostname: string; readonly port: number }
  /** A socket of another's that we dial. */
  | { readonly kind: "dial"; readonly hostname: string; readonly port: number }
  /** multipart/x-mixed-replace, or a JPEG to poll. */
  | { readonly kind: "http"; readonly url: string }
  /** What is pushed to us over HTTP. */
  | { readonly kind: "push" }
  /** Standard input. */
  | { readonly kind: "stdin" };

/** A program and its arguments. */
export type Argv = readonly [program: string, ...args: string[]];

const testcardSize = { width: 1280, height: 720, fps: 30 };

/**
 * Reads a source as the command line takes it: `testcard:640x480@15`, `/dev/video0`, `rtsp://…`, `clip.mp4`,
 * `tcp-listen://HOST:PORT`, `tcp://HOST:PORT`, `http://…`, `push`, `-`.
 *
 * Throws a `TypeError` that says what is wrong with it and what would be right.
 */
export function parseSource(text: string): Source {
  if (text === "") throw invalid(text, "it is empty");
  if (text === "-") return { kind: "stdin" };
  if (text === "push") return { kind: "push" };
  if (text.startsWith("-")) throw invalid(text, "it looks like an option; write ./ before the name of a file");
  if (text.includes("\0")) throw invalid(text, "it contains a NUL byte");
  const [, scheme, rest = ""] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(text) ?? [];
  switch (scheme?.toLowerCase()) {
    case undefined:
      return { kind: "ffmpeg", input: text, medium: text.startsWith("/dev/") ? "device" : "file" };
    case "testcard":
      return { kind: "testcard", size: parseTestcard(text, rest) };
    case "tcp-listen":
      return { kind: "listen", ...parseAddress(text, rest) };
    case "tcp":
      return { kind: "dial", ...parseAddress(text, rest) };
    case "http":
    case "https":
      if (!URL.canParse(text)) throw invalid(text, "it is not a valid URL");
      return { kind: "http", url: text };
    case "rtsp":
    case "rtsps":
      return { kind: "ffmpeg", input: text, medium: "rtsp" };
    case "file":
      return { kind: "ffmpeg", input: text.slice("file:".length), medium: "file" };
    default: // "rtmp://", "srt://", … but "12:30.mp4" and "C:\clip.mp4" are files
      return { kind: "ffmpeg", input: text, medium: rest.startsWith("//") ? "network" : "file" };
  }
}

/** Whether a source that ends well has said all it has to say. */
export function hasEnd(source: Source): boolean {
  return source.kind === "stdin" || canLoop(source);
}

/** Whether a source can be played again and again: a file. */
export function canLoop(source: Source): boolean {
  return source.kind === "ffmpeg" && source.medium === "file";
}

/** Whether a source begins when it is asked to: not one whose writer comes by itself. */
export function canStart(source: Source): boolean {
  return source.kind !== "listen" && source.kind !== "push" && source.kind !== "stdin";
}

/** One line that names a source to people, without secrets. */
export function describeSource(source: Source): string {
  switch (source.kind) {
    case "testcard":
      return `testcard:${source.size}`;
    case "command":
      return redact(source.argv.join(" "));
    case "ffmpeg":
      return redact(source.input);
    case "listen":
      return `tcp-listen://${source.hostname}:${source.port}`;
    case "dial":
      return `tcp://${source.hostname}:${source.port}`;
    case "http":
      return redact(source.url);
    case "push":
      return "push";
    case "stdin":
      return "standard input";
  }
}

function parseTestcard(text: string, size: string): string {
  if (size === "") size = `${testcardSize.width}x${testcardSize.height}@${testcardSize.fps}`;
  const match = /^(\d+)x(\d+)(?:@(\d+(?:\.\d+)?))?$/.exec(size);
  if (!match) throw invalid(text, "write testcard:WIDTHxHEIGHT@FPS, such as testcard:1280x720@30");
  const [width, height, fps] = [Number(match[1]), Number(match[2]), Number(match[3] ?? testcardSize.fps)];
  if (width < 16 || width > 4096 || height < 16 || height > 4096)
    throw invalid(text, "sides go from 16 to 4096 pixels");
  if (fps < 1 || fps > 120) throw invalid(text, "the rate goes from 1 to 120 frames a second");
  return `${width}x${height}@${fps}`;
}

function parseAddress(text: string, rest: string): { hostname: string; port: number } {
  const match = /^\/\/(\[[0-9a-f:.]+\]|[^\s:/@[\]]+):(\d{1,5})\/?$/i.exec(rest);
  const port = Number(match?.[2]);
  if (!match?.[1] || port < 1 || port > 65535) {
    throw invalid(text, "write a host and a port from 1 to 65535, such as tcp-listen://127.0.0.1:9999");
  }
  return { hostname: match[1].replace(/^\[|\]$/g, ""), port };
}

function invalid(text: string, why: string): TypeError {
  return new TypeError(`Cannot use source "${redact(text)}": ${why}`);
}
