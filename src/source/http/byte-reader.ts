const nothing = new Uint8Array();
const decoder = new TextDecoder("latin1");

/** Reads a byte stream by lines and by chunks. Bound: the last chunk, or the requested line. */
export class ByteReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #unread: Uint8Array = nothing;
  #ended = false;
  #filling: Promise<boolean> | undefined;

  constructor(bytes: ReadableStream<Uint8Array>) {
    this.#reader = bytes.getReader();
  }

  /** Returns the next `length` bytes, or fewer at the end, without consuming them. */
  async peek(length: number): Promise<Uint8Array> {
    while (this.#unread.length < length && (await this.#fill()));
    return this.#unread.subarray(0, length);
  }

  /** Waits for bytes for some milliseconds, and tells whether there are any. Those that arrive later are kept. */
  async arrives(milliseconds: number): Promise<boolean> {
    if (this.#unread.length > 0) return true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, milliseconds, false);
    });
    return await Promise.race([this.#fill(), late]).finally(() => clearTimeout(timer));
  }

  /** Skips up to `length` bytes that have been peeked at; returns the number of bytes skipped. */
  skip(length: number): number {
    const skipped = Math.min(length, this.#unread.length);
    this.#unread = this.#unread.subarray(skipped);
    return skipped;
  }

  /** Returns the next line without its line end; undefined, consuming nothing, if none ends in `limit` bytes. */
  async line(limit: number): Promise<string | undefined> {
    let searched = 0;
    for (;;) {
      const end = this.#unread.subarray(0, limit).indexOf(0x0a, searched);
      if (end >= 0) {
        const line = decoder.decode(this.#unread.subarray(0, end));
        this.#unread = this.#unread.subarray(end + 1);
        return line.replace(/\r+$/, "");
      }
      searched = Math.min(this.#unread.length, limit);
      if (searched === limit || !(await this.#fill())) return undefined;
    }
  }

  /** Returns the bytes that are available, at most `limit`; undefined at the end. */
  async chunk(limit: number = Number.POSITIVE_INFINITY): Promise<Uint8Array | undefined> {
    while (this.#unread.length === 0) if (!(await this.#fill())) return undefined;
    const chunk = this.#unread.subarray(0, limit);
    this.#unread = this.#unread.subarray(chunk.length);
    return chunk;
  }

  /** Stops reading and closes the connection. */
  async cancel(reason?: unknown): Promise<void> {
    this.#ended = true;
    this.#unread = nothing;
    await this.#reader.cancel(reason).catch(() => {});
  }

  /** Waits for the next bytes; returns false at the end. */
  #fill(): Promise<boolean> {
    this.#filling ??= this.#take().finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  async #take(): Promise<boolean> {
    if (this.#ended) return false;
    const { done, value } = await this.#reader.read();
    if (done) {
      this.#ended = true;
      return false;
    }
    if (this.#unread.length === 0) {
      this.#unread = value;
    } else {
      const joined = new Uint8Array(this.#unread.length + value.length);
      joined.set(this.#unread);
      joined.set(value, this.#unread.length);
      this.#unread = joined;
    }
    return true;
  }
}
