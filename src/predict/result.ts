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

/**
 * Copies a result through JSON, so that it is plain data that the predictor cannot change later.
 *
 * Throws a `TypeError` for a value that JSON cannot represent, and a `RangeError` for one that is too large or too deep.
 */
export function checkResult(value: unknown, bounds: ResultBounds = {}): Json {
  return parseResult(stringify(value), bounds);
}

/** Parses a result from JSON. Throws a `SyntaxError` for invalid JSON, and a `RangeError` as {@link checkResult}. */
export function parseResult(text: string, { maxSize = defaultMaxSize, maxDepth = 32 }: ResultBounds = {}): Json {
  if (text.length > maxSize || new TextEncoder().encode(text).length > maxSize) {
    throw new RangeError(`Cannot accept result: more than ${maxSize} bytes of JSON`);
  }
  if (depthOf(text) > maxDepth) throw new RangeError(`Cannot accept result: nested more than ${maxDepth} deep`);
  return JSON.parse(text);
}

function stringify(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new TypeError("Cannot accept result: JSON cannot represent it", { cause });
  }
  if (text === undefined) throw new TypeError(`Cannot accept result: JSON cannot represent ${typeof value}`);
  return text;
}

/** Returns how deep JSON is nested, without parsing it: a deep value could overflow the stack of code that recurses. */
function depthOf(text: string): number {
  let maxDepth = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') i = endOfString(text, i);
    else if (character === "[" || character === "{") maxDepth = Math.max(maxDepth, ++depth);
    else if (character === "]" || character === "}") depth--;
  }
  return maxDepth;
}

function endOfString(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  return end;
}
