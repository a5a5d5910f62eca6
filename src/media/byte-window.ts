import { ArrivalTimes } from "./arrival-times.ts";

/** Storage is never smaller than this, nor given back below it. */
const minCapacity = 64 * 1024;

/** Storage is this much greater than what it must hold, so that moving the bytes costs no more than appending them. */
const slack = 1.5;

/**
 * The part of a byte stream that is still needed, in one piece.
 *
 * Positions count bytes from the start of the stream and stay true while the window moves on. Appending copies, so the
 * caller keeps its chunk. Storage is at most one and a half times the greatest number of bytes held at once (for a
 * moment twice that again, while it grows) and shrinks again when little of it was needed; all copying together is
 * linear in the bytes appended.
 */
export class ByteWindow {
  readonly #arrivals = new ArrivalTimes();
  #storage = new Uint8Array(minCapacity);
  #view: Uint8Array<ArrayBuffer> = this.#storage.subarray(0, 0);
  #base = 0;
  #peak = 0;

  /** The bytes held; valid until the next `append` or `release`. Nobody but the window writes to it. */
  get view(): Uint8Array<ArrayBuffer> {
    return this.#view;
  }

  /** The position of the first byte held. */
  get base(): number {
    return this.#base;
  }

  /** The position behind the last byte held. */
  get end(): number {
    return this.#base + this.#view.length;
  }

  /** Bytes of storage, whether in use or not. */
  get capacity(): number {
    return this.#storage.length;
  }

  /** Copies bytes that arrived at `arrival` (milliseconds of `performance.now()`) to the end. */
  append(bytes: Uint8Array, arrival: number): void {
    this.#arrivals.note(this.end, arrival);
    const length = this.#view.length + bytes.length;
    if (this.#view.byteOffset + length > this.#storage.length) this.#makeRoom(length);
    const start = this.#view.byteOffset;
    this.#storage.set(bytes, start + this.#view.length);
    this.#view = this.#storage.subarray(start, start + length);
    this.#peak = Math.max(this.#peak, length);
  }

  /** Lets go of the bytes before `position`. */
  release(position: number): void {
    if (position === this.#base) return;
    this.#view = this.#view.subarray(position - this.#base);
    this.#base = position;
    this.#arrivals.release(position);
  }

  /** When the byte at `position` arrived, in milliseconds of `performance.now()`. */
  arrivalOf(position: number): number {
    return this.#arrivals.at(position);
  }

  #makeRoom(length: number): void {
    const wanted = Math.max(minCapacity, Math.ceil(slack * length));
    // Half empty twice over since the bytes last moved: one great frame must not hold its memory for ever.
    const idle = this.#storage.length > 4 * Math.max(minCapacity, this.#peak, length);
    const target = wanted > this.#storage.length || idle ? new Uint8Array(wanted) : this.#storage;
    target.set(this.#view);
    this.#storage = target;
    this.#view = target.subarray(0, this.#view.length);
    this.#peak = 0;
  }
}
