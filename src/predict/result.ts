import type { Json } from "./prediction.ts";

/** Bounds on a result; see {@link PredictorStream} for an example of a predictor. */
export interface ResultBounds {
  /** Maximum bytes of JSON. @default 256 KiB */
  readonly maxSize?: number | undefined;
  /** Maximum depth of nested arrays and objects. @default 32 */
  readonly maxDepth?: number | undefined;
}

/** Default of `maxSize`, in bytes. */
export const defaultMaxSize: number = 256 * 1024;

const maxBytesPerCharacter = 3; // of UTF-8, for each unit of a string

/**
 * Parses a result from JSON.
 *
 * Throws a `SyntaxError` for invalid JSON, and a `RangeError` for a result that is too large or too deep.
 */
export function parseResult(text: string, { maxSize = defaultMaxSize, maxDepth = 32 }: ResultBounds = {}): Json {
  const mayBeTooLarge = text.length * maxBytesPerCharacter > maxSize;
  if (mayBeTooLarge && (text.length > maxSize || new TextEncoder().encode(text).length > maxSize)) {
    throw new RangeError(`Cannot accept result: more than ${maxSize} bytes of JSON`);
  }
  if (isDeeper(text, maxDepth)) throw new RangeError(`Cannot accept result: nested more than ${maxDepth} deep`);
  return JSON.parse(text);
}

/** Returns a result as JSON. Throws a `TypeError` for a value that JSON cannot represent. */
export function stringifyResult(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new TypeError("Cannot accept result: JSON cannot represent it", { cause });
  }
  if (text === undefined) throw new TypeError(`Cannot accept result: JSON cannot represent ${typeof value}`);
  return text;
}

const quote = 0x22;
const backslash = 0x5c;

/** Tells whether JSON is nested deeper, without parsing it: a deep value could overflow the stack of code that recurses. */
function isDeeper(text: string, maxDepth: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) i = endOfString(text, i);
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > maxDepth) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}

/** Returns the index of the quote that ends a string, or the end of a text that has none. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) return i;
    if (code === backslash) i++;
  }
  return text.length;
}
