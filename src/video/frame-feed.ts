import { Failure } from "../failure.ts";
import type { Frame } from "../media/frame.ts";
import { stoodStill } from "../supervise/standstill.ts";
import type { TimedFrame } from "./matroska.ts";

/** A frame that an encoder has been given, under the time of its key in a map. */
interface Pending {
  readonly frame: Frame;
  readonly givenAt: number;
}

/** Options for {@link FrameFeed}. */
export interface FrameFeedOptions {
  /** Milliseconds within which a frame must come back coded. @default 10000 */
  readonly deadline?: number | undefined;
  /** Called once, when the encoder has failed that deadline or the size of the frames has changed. */
  readonly onFailure: (failure: Failure) => void;
}

const maxInside = 2; // frames that an encoder has at a time
const lossAfter = 1000; // milliseconds after which a frame that does not come back makes room: it may be undecodable
const keyInterval = 500; // milliseconds between keys that are asked for
const repeatAfter = 200; // milliseconds without a frame after which the last one is given again, for a key

/**
 * Feeds frames to an encoder that returns each under the time it was given, and asks it for keys.
 *
 * The encoder has at most two frames at a time, so it always gets the newest. A frame that is to be a key has an odd time,
 * all others even ones. If a key is wanted and no frame comes, the last one is given again.
 *
 * `readable` closes when the frames end, and errors when the feed has failed; cancelling it cancels the frames. Bound: 2
 * frames, and one more for each second that the encoder returns none, until the deadline.
 */
export class FrameFeed {
  readonly readable: ReadableStream<TimedFrame>;
  readonly #reader: ReadableStreamDefaultReader<Frame>;
  readonly #options: FrameFeedOptions;
  readonly #pending = new Map<number, Pending>();
  #reading: ReturnType<ReadableStreamDefaultReader<Frame>["read"]> | undefined;
  #origin: number | undefined;
  #last: Frame | undefined;
  #lastTime = -1;
  #lastKeyAt = Number.NEGATIVE_INFINITY;
  #isKeyWanted = true;
  #isClosed = false;
  #isCancelled = false;
  #failure: Failure | undefined;
  #wake: (() => void) | undefined;
  #repeat: (() => void) | undefined;
  #repeatTimer: ReturnType<typeof setTimeout> | undefined;
  #deadlineTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(frames: ReadableStream<Frame>, options: FrameFeedOptions) {
    this.#reader = frames.getReader();
    this.#options = options;
    this.readable = new ReadableStream<TimedFrame>(
      {
        pull: (controller) => this.#pull(controller),
        cancel: (reason) => this.#cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  /** Whether the frames have ended. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Makes the next frame a key, or that one after which half a second has passed since the last key. */
  requestKey(): void {
    this.#isKeyWanted = true;
    this.#scheduleRepeat();
  }

  /** Returns the frame that was given under this time, and makes room; undefined if none was. */
  take(time: number): Frame | undefined {
    const frame = this.#pending.get(time)?.frame;
    if (!frame) return undefined;
    for (const earlier of this.#pending.keys()) if (earlier <= time) this.#pending.delete(earlier); // the others are lost
    this.#watch();
    this.#wake?.();
    return frame;
  }

  async #pull(controller: ReadableStreamDefaultController<TimedFrame>): Promise<void> {
    await this.#room();
    const frame = await this.#next();
    if (this.#isCancelled) return;
    if (!frame) {
      this.#stop();
      this.#isClosed = this.#failure === undefined;
      return controller.close();
    }
    const { width, height } = this.#last ?? frame;
    if (frame.width !== width || frame.height !== height) {
      this.#fail(new Failure(`the size of the pictures has changed to ${frame.width}x${frame.height}`));
      throw this.#failure;
    }
    const now = performance.now();
    this.#origin ??= frame.arrival;
    const isRepeated = frame === this.#last;
    const isKey = this.#isKeyWanted && (isRepeated || now - this.#lastKeyAt >= keyInterval);
    const due = (isRepeated ? now : frame.arrival) - this.#origin;
    const time = this.#timeFor(due, isKey);
    if (isKey) {
      this.#isKeyWanted = false;
      this.#lastKeyAt = now;
    }
    this.#last = frame;
    this.#pending.set(time, { frame, givenAt: now });
    if (this.#pending.size === 1) this.#watch();
    this.#scheduleRepeat();
    controller.enqueue({ frame, time });
  }

  /**
   * Returns the time in whole milliseconds that a frame gets: odd for a key, and later than all before it. The first is 0:
   * it is a key anyway, and ffmpeg counts from it when it decides about keys.
   */
  #timeFor(due: number, isKey: boolean): number {
    const time = Math.max(Math.floor(due), this.#lastTime + 1);
    const isFirst = this.#lastTime < 0;
    this.#lastTime = isFirst ? 0 : time + ((time % 2 === 1) === isKey ? 0 : 1);
    return this.#lastTime;
  }

  /** Waits until the encoder has fewer than two frames that can be expected back. */
  async #room(): Promise<void> {
    for (;;) {
      const now = performance.now();
      const [oldest, ...others] = [...this.#pending.values()].filter(({ givenAt }) => now - givenAt < lossAfter);
      if (!oldest || others.length + 1 < maxInside || this.#failure) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, oldest.givenAt + lossAfter - now);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Returns the next frame, or the last one again; undefined at the end. */
  async #next(): Promise<Frame | undefined> {
    if (this.#failure) return undefined;
    this.#reading ??= this.#reader.read();
    const repeated = new Promise<undefined>((resolve) => {
      this.#repeat = () => resolve(undefined);
    });
    const read = await Promise.race([this.#reading, repeated]);
    this.#repeat = undefined;
    clearTimeout(this.#repeatTimer);
    this.#repeatTimer = undefined;
    if (this.#failure) return undefined;
    if (!read) return this.#last;
    this.#reading = undefined;
    return read.value;
  }

  /** Gives the last frame again after a while, if a key is wanted and no other frame comes. */
  #scheduleRepeat(): void {
    if (!this.#isKeyWanted || !this.#last || this.#repeatTimer !== undefined) return;
    const delay = Math.max(repeatAfter, this.#lastKeyAt + keyInterval - performance.now());
    this.#repeatTimer = setTimeout(() => {
      this.#repeatTimer = undefined;
      this.#repeat?.();
    }, delay);
  }

  /** Watches that the oldest frame that the encoder has comes back in time. */
  #watch(): void {
    clearTimeout(this.#deadlineTimer);
    const [oldest] = this.#pending.values();
    if (!oldest || this.#failure) return;
    const { deadline = 10_000 } = this.#options;
    const wait = (left: number) => {
      const due = performance.now() + left;
      this.#deadlineTimer = setTimeout(() => {
        if (stoodStill(due))
          wait(deadline); // this process was suspended, and so was the encoder
        else this.#fail(new Failure(`ffmpeg has not coded a picture within ${deadline / 1000} s`));
      }, left);
    };
    wait(Math.max(0, oldest.givenAt + deadline - performance.now()));
  }

  #fail(failure: Failure): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.#stop();
    void this.#reader.cancel(failure).catch(() => {});
    this.#options.onFailure(failure);
  }

  async #cancel(reason: unknown): Promise<void> {
    this.#isCancelled = true;
    this.#stop();
    await this.#reader.cancel(reason);
  }

  #stop(): void {
    this.#isKeyWanted = false; // nothing more is given, so nothing is to be repeated
    clearTimeout(this.#repeatTimer);
    clearTimeout(this.#deadlineTimer);
    this.#wake?.();
  }
}
