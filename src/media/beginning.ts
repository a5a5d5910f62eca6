/** Bytes that are kept. */
const size = 4096;

/** The first 4 KiB of a stream, to tell people what came instead of pictures. */
export class Beginning {
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #length = 0;

  /** The bytes so far; read-only. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes?.subarray(0, this.#length) ?? new Uint8Array();
  }

  /** Copies what still has room. */
  append(bytes: Uint8Array): void {
    if (this.#length === size) return;
    this.#bytes ??= new Uint8Array(size);
    const taken = bytes.subarray(0, size - this.#length);
    this.#bytes.set(taken, this.#length);
    this.#length += taken.length;
  }
}
