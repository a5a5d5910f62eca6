import type { Json } from "./prediction.ts";
import { parseResult, type ResultBounds, stringifyResult } from "./result.ts";

/** A result within its bounds, together with its JSON, so that nobody needs to make either from the other again. */
export class CheckedJson {
  readonly value: Json;
  /** JSON on one line. */
  readonly text: string;

  private constructor(value: Json, text: string) {
    this.value = value;
    this.text = text;
  }

  /** Parses JSON. Throws as {@link parseResult}. */
  static parse(text: string, bounds: ResultBounds = {}): CheckedJson {
    const value = parseResult(text, bounds);
    return new CheckedJson(value, /[\r\n]/.test(text) ? JSON.stringify(value) : text);
  }

  /**
   * Copies a value through JSON, so that it is plain data that whoever made it cannot change later; takes a checked one as
   * it is.
   *
   * Throws a `TypeError` for a value that JSON cannot represent, and a `RangeError` for one that is too large or too deep.
   */
  static from(value: unknown, bounds: ResultBounds = {}): CheckedJson {
    return value instanceof CheckedJson ? value : CheckedJson.parse(stringifyResult(value), bounds);
  }
}
