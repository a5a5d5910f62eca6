import type { ByteWindow } from "../byte-window.ts";

/** A delimiter line: the bytes from the line end before it through its own line end. */
export interface Delimiter {
  readonly kind: "delimiter";
  readonly start: number;
  readonly end: number;
  /** Whether it closes the multipart body, with two dashes behind the boundary. */
  readonly last: boolean;
}

const cr = 0x0d;
const lf = 0x0a;
const dash = 0x2d;
/** Bounds on what a delimiter may consist of, so that an unfinished one never holds much: RFC 2046 has 70 characters. */
const maxDashes = 80;
const maxToken = 200;
const maxPadding = 64;

/** A delimiter's bytes end at `end`, or cannot be told yet, or it is none. */
type Match = { readonly end: number; readonly last: boolean } | "more" | undefined;

/**
 * Finds the delimiter lines of a multipart stream.
 *
 * Senders disagree on whether the boundary parameter contains the leading dashes, so they count for nothing: a delimiter
 * is two dashes or more, the boundary without its own leading dashes, and the end of the line. It need not begin a line,
 * because a part may be cut anywhere. Without a boundary it is learned from the first line that begins with two dashes
 * and is followed by a part header or an empty line. Source: RFC 2046, 5.1.1.
 */
export class Boundary {
  #name: Uint8Array | undefined;

  /** Takes the boundary parameter as the Content-Type gives it, quoted or not; empty is as good as none. */
  constructor(parameter = "") {
    const name = parameter
      .trim()
      .replace(/^"(.*)"$/, "$1")
      .trim()
      .replace(/^-+/, "");
    if (name !== "") this.#name = new TextEncoder().encode(name);
  }

  /** Whether its name was given, or has been learned. */
  get known(): boolean {
    return this.#name !== undefined;
  }

  /** What is looked for, for messages. */
  toString(): string {
    return this.#name ? `"--${new TextDecoder().decode(this.#name)}"` : 'line "--…" before a part header';
  }

  /**
   * The first delimiter that begins between two positions, or else the position up to which there is none for certain:
   * bytes from there on may belong to one that has not arrived whole. When the stream has `ended` nothing is unfinished.
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
    if (this.#name) return matchName(view, at + 2, this.#name, ended);
    if (at > start && !endsLine(view[at - 1])) return undefined;
    const line = matchFirst(view, at + 2);
    if (typeof line !== "object") return line;
    this.#name = line.name;
    return { end: line.end, last: false };
  }

  /** Where to go on when more has come. To learn a name takes the byte before it too, which tells whether it begins a line. */
  #unfinished(view: Uint8Array, at: number, start: number): number {
    return this.#name ? lineStart(view, at, start) : Math.max(start, lineStart(view, at, start) - 1);
  }
}

function matchName(view: Uint8Array, start: number, name: Uint8Array, ended: boolean): Match {
  let at = start;
  for (const byte of name) {
    if (at === view.length) return ended ? undefined : "more";
    if (view[at++] !== byte) return undefined;
  }
  if (at === view.length - 1 && view[at] === dash && !ended) return "more";
  const last = view[at] === dash && view[at + 1] === dash;
  const end = lineEnd(view, last ? at + 2 : at);
  if (end === "more" && ended) return { end: view.length, last };
  return typeof end === "number" ? { end, last } : end;
}

/** Without a known name: any token, and behind its line what can only be the head of a part. */
function matchFirst(view: Uint8Array, start: number): { name: Uint8Array; end: number } | "more" | undefined {
  let at = start;
  while (view[at] === dash && at - start < maxDashes) at++;
  const token = at;
  while (isVisible(view[at]) && at - token <= maxToken) at++;
  if (at - token > maxToken || (at === token && at < view.length)) return undefined;
  const end = lineEnd(view, at);
  if (typeof end !== "number") return end;

  let name = end;
  while (isNameByte(view[name]) && name - end < maxPadding) name++;
  const colon = name > end ? name : -1;
  const blank = lineEnd(view, end, 0);
  if (name === view.length || blank === "more") return "more";
  if (blank === undefined && view[colon] !== 0x3a) return undefined;
  return { name: view.slice(token, at), end };
}

/** The position behind a line end, with some blanks before it. */
function lineEnd(view: Uint8Array, start: number, padding: number = maxPadding): number | "more" | undefined {
  let at = start;
  while ((view[at] === 0x20 || view[at] === 0x09) && at - start < padding) at++;
  if (view[at] === cr) at++;
  if (at === view.length) return "more";
  return view[at] === lf ? at + 1 : undefined;
}

/** Where a delimiter whose first bytes stand before `at` begins: its further dashes and the line end are its own. */
function lineStart(view: Uint8Array, at: number, from: number): number {
  let start = at;
  while (start > from && view[start - 1] === dash && at - start < maxDashes) start--;
  if (start > from && view[start - 1] === lf) start--;
  if (start > from && view[start - 1] === cr) start--;
  return start;
}

/** Zeros and other bytes that are no text end a line as well: garbage before the first delimiter has no line ends. */
function endsLine(byte: number | undefined): boolean {
  return !(isVisible(byte) || byte === 0x20);
}

function isVisible(byte: number | undefined): boolean {
  return byte !== undefined && byte > 0x20 && byte < 0x7f;
}

/** Letters, digits, dash and underscore, which header names consist of. */
function isNameByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === dash || byte === 0x5f;
}
