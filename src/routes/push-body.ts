import { HTTPException } from "hono/http-exception";
import type { Frame } from "../media/frame.ts";
import { ParsedRuns } from "../source/parse.ts";
import { minPushRate } from "../source/push-progress.ts";

/** Options for {@link PushBody}. */
export interface PushBodyOptions {
  readonly maxFrameSize: number;
  /** Milliseconds without data after which reading fails with 408; six times as long at less than `minPushRate`. @default 10000 */
  readonly timeout?: number | undefined;
}

/** Beginning of a body: the part that has been read. */
export interface Beginning {
  /** Its bytes. */
  readonly chunks: readonly Uint8Array[];
  /** Pictures found in `chunks`. */
  readonly pictures: readonly Frame[];
  /** Whether this is the whole body. */
  readonly isOver: boolean;
  /** Description of what the body contains instead of a picture. */
  readonly explanation?: string | undefined;
}

const overhead = 64 * 1024; // bytes around a picture: boundaries, headers, the other fields of a form
const minJoined = 256 * 1024; // bytes
const endGrace = 100; // milliseconds to wait for the end of a body after its first picture
const patience = 6; // timeouts for a picture that arrives at less than minPushRate

/**
 * Reader of a pushed body, bounded in bytes and time. The owner reads the body to its end or cancels it.
 *
 * Bound: the largest frame and 64 KiB. The methods throw an `HTTPException`: 400 for a body that ends early, 408 for
 * one that takes too long, 413 for one that is too large.
 */
export class PushBody {
  /** Maximum bytes that one call reads. */
  readonly maxSize: number;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #maxFrameSize: number;
  readonly #timeout: number;
  readonly #since = performance.now();
  #size = 0; // bytes read so far
  #next: ReturnType<ReadableStreamDefaultReader<Uint8Array>["read"]> | undefined;

  constructor(body: ReadableStream<Uint8Array>, { maxFrameSize, timeout = 10_000 }: PushBodyOptions) {
    this.maxSize = maxFrameSize + overhead;
    this.#reader = body.getReader();
    this.#maxFrameSize = maxFrameSize;
    this.#timeout = timeout;
  }

  /** Reads the body to its end, and finds the pictures in it. */
  async readAll(): Promise<Beginning> {
    const chunks: Uint8Array[] = [];
    await this.#read(chunks, () => false);
    return { chunks, ...(await this.#parse(chunks, true)), isOver: true };
  }

  /** Reads the body up to its first picture, and to its end if that follows within 100 ms. */
  async readFirst(): Promise<Beginning> {
    const chunks: Uint8Array[] = [];
    let parsed = await this.#parse(chunks, false);
    let parsedSize = 0;
    const hasPicture = async (size: number) => {
      // Parsing only when the size has doubled keeps the total work linear.
      if (size < 2 * parsedSize && !endsPicture(chunks.at(-1))) return false;
      parsedSize = size;
      parsed = await this.#parse(chunks, false);
      return parsed.pictures.length > 0;
    };
    const isOver = (await this.#read(chunks, hasPicture)) || (await this.#endsSoon());
    return { chunks, ...(isOver ? await this.#parse(chunks, true) : parsed), isOver };
  }

  /** Returns a stream of `chunks` and the rest of the body. The caller reads it to its end or cancels it. */
  rest(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
    const waiting = [...chunks];
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const chunk = waiting.shift();
          if (chunk) return controller.enqueue(chunk);
          const { done, value } = await this.#take();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: (reason) => this.#reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  /** Cancels the body. Never rejects. */
  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }

  /** Appends to `chunks` until `isEnough` returns true; returns whether the body has ended. */
  async #read(chunks: Uint8Array[], isEnough: (size: number) => boolean | Promise<boolean>): Promise<boolean> {
    let joined = 0; // bytes of the first chunk, into which earlier chunks have been joined
    for (;;) {
      const { done, value } = await this.#takeInTime();
      if (done) return true;
      this.#size += value.length;
      const size = this.#size;
      if (size > this.maxSize)
        throw new HTTPException(413, { message: `Cannot accept more than ${this.#maxFrameSize} bytes` });
      chunks.push(value);
      if (await isEnough(size)) return false;
      if (size < Math.max(2 * joined, minJoined)) continue;
      chunks.splice(0, chunks.length, concat(chunks)); // many small chunks would be freed late
      joined = size;
    }
  }

  #take(): ReturnType<ReadableStreamDefaultReader<Uint8Array>["read"]> {
    const next = this.#next ?? this.#reader.read();
    this.#next = undefined;
    return next;
  }

  async #takeInTime(): ReturnType<ReadableStreamDefaultReader<Uint8Array>["read"]> {
    let isLate = false;
    const giveUp = () => {
      isLate = true;
      void this.cancel(); // which ends a pending read
    };
    // At minPushRate an honest pusher on a bad link has all the time it needs; one that trickles bytes has not.
    const total = patience * this.#timeout + (1000 * this.#size) / minPushRate;
    const untilTotal = this.#since + total - performance.now();
    const isSlow = untilTotal < this.#timeout;
    const left = isSlow ? untilTotal : this.#timeout;
    const timer = setTimeout(giveUp, left);
    try {
      const taken = await this.#take();
      if (isLate)
        throw new HTTPException(408, {
          message: isSlow
            ? `Cannot accept the body: it arrives at less than ${minPushRate} bytes per second`
            : `Cannot accept the body: no data for ${Math.round(left / 100) / 10} s`,
        });
      return taken;
    } catch (cause) {
      if (cause instanceof HTTPException) throw cause;
      throw new HTTPException(400, { message: "Cannot accept the body: it ended early", cause });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Tells whether the body ends within 100 ms. Keeps a chunk that arrives instead for the next read. */
  async #endsSoon(): Promise<boolean> {
    this.#next ??= this.#reader.read();
    this.#next.catch(() => {}); // the next read gets the error
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, endGrace, false);
    });
    const end = this.#next.then(
      ({ done }) => done,
      () => false,
    );
    return await Promise.race([end, late]).finally(() => clearTimeout(timer));
  }

  async #parse(chunks: readonly Uint8Array[], isOver: boolean): Promise<Pick<Beginning, "pictures" | "explanation">> {
    const bytes = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    });
    const runs = new ParsedRuns(async () => bytes, { maxFrameSize: this.#maxFrameSize, isComplete: () => isOver });
    const pictures: Frame[] = [];
    for await (const frame of await runs.open(new AbortController().signal)) pictures.push(frame);
    return { pictures, explanation: runs.explain()?.message };
  }
}

/** Joins chunks into one. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Tells whether a chunk may be the last one of a picture: it has an EOI marker near its end. */
function endsPicture(chunk: Uint8Array | undefined): boolean {
  const tail = chunk?.subarray(-512) ?? new Uint8Array();
  return tail.some((byte, at) => byte === 0xff && tail[at + 1] === 0xd9);
}
