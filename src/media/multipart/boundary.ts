import type { ByteWindow } from "../byte-window.ts";

/** A delimiter line: from the line end before it through its own line end. */
export interface Delimiter {
  readonly kind: "delimiter";
  readonly start: number;
  readonly end: number;
  /** True for the close delimiter, which has two dashes after the boundary. */
  readonly last: boolean;
}

const cr = 0x0d;
const lf = 0x0a;
const dash = 0x2d;
// Bounds on the pieces of a delimiter, so that an unfinished one never holds much: RFC 2046 allows 70 characters.
const maxDashes = 80;
const maxToken = 200;
const maxPadding = 64;

/** A match that ends at `end`, `"more"` if that takes more bytes, or undefined if it is not a delimiter. */
type Match = { readonly end: number; readonly last: boolean } | "more" | undefined;

/**
 * Finds the delimiter lines of a multipart stream.
 *
 * Senders disagree on whether the boundary parameter includes the leading dashes, so these are ignored: a delimiter is
 * two or more dashes, the boundary without its own leading dashes, and the end of the line. It need not be at the start
 * of a line, because a part may be cut anywhere. Without a parameter, the boundary is taken from the first line that
 * begins with two dashes and is followed by a part header or an empty line. Source: RFC 2046, 5.1.1.
 */
export class Boundary {
  #token: Uint8Array | undefined;

  /** Takes the boundary parameter of the Content-Type, quoted or not; an empty one counts as none. */
  constructor(parameter = "") {
    const token = parameter
      .trim()
      .replace(/^"(.*)"$/, "$1")
      .trim()
      .replace(/^-+/, "");
    if (token !== "") this.#token = new TextEncoder().encode(token);
  }

  /** True if the boundary was given or has been detected. */
  get known(): boolean {
    return this.#token !== undefined;
  }

  /** Describes the boundary in messages. */
  toString(): string {
    return this.#token ? `"--${new TextDecoder().decode(this.#token)}"` : 'line "--…" before a part header';
  }

  /**
   * Finds the first delimiter that begins between two positions. Otherwise returns the position up to which there is
   * none: bytes from there on may belong to an unfinished one, unless the stream has `ended`.
   */
  find(window: ByteWindow, from: number, to: number, ended: boolean): Delimiter | number {
    if (from >= to) return to;
    const { view, base } = window;
    const start = from - base;
    const stop = to - base;
    for (let at = view.indexOf(dash, start); at >= 0 && at < stop; at = view.indexOf(dash, at + 1)) {
      const match = this.#match(view, at, { start, ended });
      if (match === "more") return base + this.#unfinished(view, at, start);
      if (match)
        return { kind: "delimiter", start: base + lineStart(view, at, start), end: base + match.end, last: match.last };
    }
    return ended || to < window.end ? to : base + this.#unfinished(view, stop, start);
  }

  #match(view: Uint8Array, at: number, { start, ended }: { start: number; ended: boolean }): Match {
    const second = view[at + 1];
    if (second !== dash) return second === undefined && !ended ? "more" : undefined;
    if (this.#token) return matchToken(view, at + 2, this.#token, ended);
    if (at > start && !endsLine(view[at - 1])) return undefined;
    const line = matchUnknown(view, at + 2);
    if (typeof line !== "object") return line;
    this.#token = line.token;
    return { end: line.end, last: false };
  }

  /** Returns where to continue with more bytes; to detect a boundary, one byte earlier, to see if it begins a line. */
  #unfinished(view: Uint8Array, at: number, start: number): number {
    return this.#token ? lineStart(view, at, start) : Math.max(start, lineStart(view, at, start) - 1);
  }
}

function matchToken(view: Uint8Array, start: number, token: Uint8Array, ended: boolean): Match {
  let at = start;
  for (const byte of token) {
    if (at === view.length) return ended ? undefined : "more";
    if (view[at++] !== byte) return undefined;
  }
  if (at === view.length - 1 && view[at] === dash && !ended) return "more";
  const last = view[at] === dash && view[at + 1] === dash;
  const end = lineEnd(view, last ? at + 2 : at);
  if (end === "more" && ended) return { end: view.length, last };
  return typeof end === "number" ? { end, last } : end;
}

/** Matches an unknown boundary: any token, followed by a line that can only be the start of part headers. */
function matchUnknown(view: Uint8Array, start: number): { token: Uint8Array; end: number } | "more" | undefined {
  let at = start;
  while (view[at] === dash && at - start < maxDashes) at++;
  const tokenStart = at;
  while (isVisible(view[at]) && at - tokenStart <= maxToken) at++;
  if (at - tokenStart > maxToken || (at === tokenStart && at < view.length)) return undefined;
  const end = lineEnd(view, at);
  if (typeof end !== "number") return end;

  let nameEnd = end;
  while (isNameByte(view[nameEnd]) && nameEnd - end < maxPadding) nameEnd++;
  const colon = nameEnd > end ? nameEnd : -1;
  const blank = lineEnd(view, end, 0);
  if (nameEnd === view.length || blank === "more") return "more";
  if (blank === undefined && view[colon] !== 0x3a) return undefined;
  return { token: view.slice(tokenStart, at), end };
}

/** Returns the position after a line end that has at most `padding` blanks before it. */
function lineEnd(view: Uint8Array, start: number, padding: number = maxPadding): number | "more" | undefined {
  let at = start;
  while ((view[at] === 0x20 || view[at] === 0x09) && at - start < padding) at++;
  if (view[at] === cr) at++;
  if (at === view.length) return "more";
  return view[at] === lf ? at + 1 : undefined;
}

/** Returns where the delimiter at `at` begins: the dashes and the line end before it are part of it. */
function lineStart(view: Uint8Array, at: number, from: number): number {
  let start = at;
  while (start > from && view[start - 1] === dash && at - start < maxDashes) start--;
  if (start > from && view[start - 1] === lf) start--;
  if (start > from && view[start - 1] === cr) start--;
  return start;
}

/** Returns true for any byte that is not text, such as a zero: garbage before the first delimiter has no line ends. */
function endsLine(byte: number | undefined): boolean {
  return !(isVisible(byte) || byte === 0x20);
}

function isVisible(byte: number | undefined): boolean {
  return byte !== undefined && byte > 0x20 && byte < 0x7f;
}

/** Returns true for the characters of header names: letters, digits, dash and underscore. */
function isNameByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === dash || byte === 0x5f;
}
