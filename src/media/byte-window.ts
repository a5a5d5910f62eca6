import { ArrivalTimes } from "./arrival-times.ts";

/** Smallest storage, in bytes; it never shrinks below this. */
const minCapacity = 64 * 1024;

/** Factor by which new storage exceeds the bytes it must hold, so that moving bytes costs no more than appending them. */
const slack = 1.5;

/**
 * Contiguous window on the part of a byte stream that is still needed.
 *
 * Positions count bytes from the start of the stream and stay valid while the window moves on. Appending copies, so the
 * caller keeps its chunk. Storage is at most 1.5 times the maximum number of bytes held at once (briefly twice that
 * again while it grows), and shrinks when little of it was used. All copying together is linear in the bytes appended.
 */
export class ByteWindow {
  readonly #arrivals = new ArrivalTimes();
  #storage = new Uint8Array(minCapacity);
  #view: Uint8Array<ArrayBuffer> = this.#storage.subarray(0, 0);
  #base = 0;
  #peak = 0;

  /** The bytes held, valid until the next `append` or `release`. Read-only for everyone but the window. */
  get view(): Uint8Array<ArrayBuffer> {
    return this.#view;
  }

  /** Position of the first byte held. */
  get base(): number {
    return this.#base;
  }

  /** Position after the last byte held. */
  get end(): number {
    return this.#base + this.#view.length;
  }

  /** Size of the storage in bytes, used or not. */
  get capacity(): number {
    return this.#storage.length;
  }

  /** Appends a copy of bytes that arrived at `arrival` (milliseconds of `performance.now()`). */
  append(bytes: Uint8Array, arrival: number): void {
    this.#arrivals.note(this.end, arrival);
    const length = this.#view.length + bytes.length;
    if (this.#view.byteOffset + length > this.#storage.length) this.#makeRoom(length);
    const start = this.#view.byteOffset;
    this.#storage.set(bytes, start + this.#view.length);
    this.#view = this.#storage.subarray(start, start + length);
    this.#peak = Math.max(this.#peak, length);
  }

  /** Releases the bytes before `position`. */
  release(position: number): void {
    if (position === this.#base) return;
    this.#view = this.#view.subarray(position - this.#base);
    this.#base = position;
    this.#arrivals.release(position);
  }

  /** Returns when the byte at `position` arrived, in milliseconds of `performance.now()`. */
  arrivalOf(position: number): number {
    return this.#arrivals.at(position);
  }

  #makeRoom(length: number): void {
    const size = Math.max(minCapacity, Math.ceil(slack * length));
    // At least three quarters unused since the bytes last moved: one large frame must not hold its memory forever.
    const oversized = this.#storage.length > 4 * Math.max(minCapacity, this.#peak, length);
    const target = size > this.#storage.length || oversized ? new Uint8Array(size) : this.#storage;
    target.set(this.#view);
    this.#storage = target;
    this.#view = target.subarray(0, this.#view.length);
    this.#peak = 0;
  }
}
