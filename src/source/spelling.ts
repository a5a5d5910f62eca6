import { redact } from "../redact.ts";
import { encodeUserInfo } from "./user-info.ts";

/** A source as written on the command line, split at its first colon. */
export interface Spelling {
  /** The whole text, with user name and password of a URL encoded. */
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
  const encoded = encode(text);
  const [, scheme, rest = ""] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(encoded) ?? [];
  return { text: encoded, scheme: scheme?.toLowerCase(), rest };
}

function encode(text: string): string {
  try {
    return encodeUserInfo(text);
  } catch (error) {
    throw invalidSource(text, error instanceof Error ? error.message : String(error));
  }
}

/** Returns the error for an invalid source. `why` says what is wrong and how to write it. */
export function invalidSource(text: string, why: string): TypeError {
  return new TypeError(`Cannot use source "${redact(text)}": ${why}`);
}
