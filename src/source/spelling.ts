import { redact } from "../redact.ts";

/** A source as written on the command line, split at its first colon. */
export interface Spelling {
  /** The whole text. */
  readonly text: string;
  /** The part before the colon in lower case, if it could be a URL scheme: `rtsp`, but also `c` of `C:\clip.mp4`. */
  readonly scheme: string | undefined;
  /** The part after the colon. */
  readonly rest: string;
}

/** Splits a source. Throws a `TypeError` for a text that no driver accepts. */
export function readSpelling(text: string): Spelling {
  if (text === "") throw invalidSource(text, "it is empty");
  if (text.startsWith("-") && text !== "-") {
    throw invalidSource(text, "it looks like an option; write ./ before the name of a file");
  }
  if (text.includes("\0")) throw invalidSource(text, "it contains a NUL byte");
  const [, scheme, rest = ""] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(text) ?? [];
  return { text, scheme: scheme?.toLowerCase(), rest };
}

/** Returns the error for an invalid source. `why` says what is wrong and how to write it. */
export function invalidSource(text: string, why: string): TypeError {
  return new TypeError(`Cannot use source "${redact(text)}": ${why}`);
}
