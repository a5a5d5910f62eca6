/** Counters of a parser that {@link PushProgress} compares. */
export interface PushCounters {
  readonly frames: number;
  readonly bytes: number;
}

/** Bytes per second: a link that is slower carries no pictures. */
export const minPushRate = 1000;

/**
 * Tells when a push last made progress: by a whole picture, or by at least 1,000 bytes per second towards the next one.
 *
 * So a pusher on a bad link may need minutes for a picture, and one that sends a byte now and then is disconnected. Bytes
 * count only up to `maxFrameSize`, as a picture has to end there.
 */
export class PushProgress {
  readonly #maxFrameSize: number;
  #frames = 0;
  #bytesAtFrame = 0;
  #mark = { bytes: 0, time: 0 };

  constructor(maxFrameSize: number) {
    this.#maxFrameSize = maxFrameSize;
  }

  /** Returns the time of the last progress, in milliseconds of `performance.now()`. */
  last({ frames, bytes }: PushCounters, now: number = performance.now()): number {
    if (frames !== this.#frames) {
      this.#frames = frames;
      this.#bytesAtFrame = bytes;
      this.#mark = { bytes, time: now };
    }
    const rate = (1000 * (bytes - this.#mark.bytes)) / (now - this.#mark.time);
    if (rate >= minPushRate && bytes - this.#bytesAtFrame <= this.#maxFrameSize) this.#mark = { bytes, time: now };
    return this.#mark.time;
  }
}
