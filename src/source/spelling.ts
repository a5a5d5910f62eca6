import { redact } from "../redact.ts";

/** A source as a person writes it, taken apart at its first colon. */
export interface Spelling {
  /** All of it. */
  readonly text: string;
  /** The part before the colon, in lower case, if it could be a URL's scheme: `rtsp`, but also `c` of `C:\clip.mp4`. */
  readonly scheme: string | undefined;
  /** The part behind the colon. */
  readonly rest: string;
}

/** Takes a source apart. Throws a `TypeError` for what no driver could use. */
export function readSpelling(text: string): Spelling {
  if (text === "") throw invalidSource(text, "it is empty");
  if (text.startsWith("-") && text !== "-") {
    throw invalidSource(text, "it looks like an option; write ./ before the name of a file");
  }
  if (text.includes("\0")) throw invalidSource(text, "it contains a NUL byte");
  const [, scheme, rest = ""] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(text) ?? [];
  return { text, scheme: scheme?.toLowerCase(), rest };
}

/** Returns the error for a source that is written wrongly; `why` says what is wrong and what would be right. */
export function invalidSource(text: string, why: string): TypeError {
  return new TypeError(`Cannot use source "${redact(text)}": ${why}`);
}
