import type { Json } from "./prediction.ts";

/** How large a result may be. */
export interface ResultBounds {
  /** Bytes of JSON. @default 256 KiB */
  readonly maxSize?: number | undefined;
  /** Arrays and objects within each other. @default 32 */
  readonly maxDepth?: number | undefined;
}

/** The bytes of JSON that a result may have unless somebody says otherwise. */
export const defaultMaxSize: number = 256 * 1024;

/**
 * Makes a result plain data that is ours: a copy through JSON, so that nobody can change it later.
 *
 * Throws a `TypeError` for what JSON cannot carry and a `RangeError` for what is too large or too deep.
 */
export function checkResult(value: unknown, bounds: ResultBounds = {}): Json {
  return parseResult(stringify(value), bounds);
}

/** Reads a result from JSON. Throws a `SyntaxError` for what is none, and as {@link checkResult}. */
export function parseResult(text: string, { maxSize = defaultMaxSize, maxDepth = 32 }: ResultBounds = {}): Json {
  if (text.length > maxSize || new TextEncoder().encode(text).length > maxSize) {
    throw new RangeError(`Cannot take a result: it has more than ${maxSize} bytes`);
  }
  if (depth(text) > maxDepth) throw new RangeError(`Cannot take a result: it is more than ${maxDepth} deep`);
  return JSON.parse(text);
}

function stringify(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new TypeError("Cannot take a result: JSON cannot carry it", { cause });
  }
  if (text === undefined) throw new TypeError(`Cannot take a result: it is ${typeof value}, which JSON cannot carry`);
  return text;
}

/** Of JSON, without parsing it: a text may be deep enough to exhaust the stack of whoever walks the value. */
function depth(text: string): number {
  let deepest = 0;
  let now = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') i = endOfString(text, i);
    else if (character === "[" || character === "{") deepest = Math.max(deepest, ++now);
    else if (character === "]" || character === "}") now--;
  }
  return deepest;
}

function endOfString(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  return end;
}
