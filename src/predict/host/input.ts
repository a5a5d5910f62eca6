const lineFeed = 10;

/** Reads lines and byte counts from a stream of chunks. Holds one chunk, and what it is reading. */
export class Input {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Returns the next line without its LF; undefined at the end. */
  async line(): Promise<string | undefined> {
    const parts: Uint8Array[] = [];
    for (;;) {
      const end = this.#rest.indexOf(lineFeed);
      parts.push(this.#rest.subarray(0, end < 0 ? undefined : end));
      if (end >= 0) {
        this.#rest = this.#rest.subarray(end + 1);
        return Buffer.concat(parts).toString();
      }
      if (!(await this.#read())) return undefined;
    }
  }

  /** Returns a copy of the next `length` bytes; undefined if the stream ends before. */
  async bytes(length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = new Uint8Array(length);
    let filled = 0;
    for (;;) {
      const part = this.#rest.subarray(0, length - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
      if (filled === length) return bytes;
      if (!(await this.#read())) return undefined;
    }
  }

  async #read(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    this.#rest = done ? new Uint8Array() : value;
    return !done;
  }
}
