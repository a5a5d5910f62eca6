import type { Explanation } from "../../failure.ts";
import { type Frame, isRepetition } from "../../media/frame.ts";
import { readUpstream } from "../../media/multipart/part-headers.ts";
import type { ParserStats } from "../../media/parser-stats.ts";
import { redact } from "../../redact.ts";
import { ParsedRuns, type ParsedRunsOptions } from "../parse.ts";
import type { SourceRunner } from "../source.ts";
import type { HttpClient } from "./client.ts";
import type { Answer } from "./connection.ts";
import { Connections, type ConnectionsOptions } from "./connections.ts";
import { HttpError } from "./error.ts";
import { limitGarbage } from "./limit-garbage.ts";
import { sleep } from "./sleep.ts";

/** Options for {@link HttpRuns}. */
export interface HttpRunsOptions extends Omit<ConnectionsOptions, "signal">, ParsedRunsOptions {
  readonly client: HttpClient;
  /** Name of the source in errors, without secrets. */
  readonly name: string;
  /** Milliseconds between two requests for single pictures. @default 200 */
  readonly interval?: number | undefined;
}

const sameAnswers = { message: "every answer is the same picture", summary: "every answer is the same picture" };
const defaultInterval = 200;
const maxFailures = 3; // in a row
const retryDelay = 1000; // milliseconds at most after a failed request
const pollTimeout = 30_000; // milliseconds for the next bytes of a single picture
const maxGarbage = 128 * 1024 * 1024; // bytes without a picture
const overdue = 1000; // milliseconds to wait for the end of a declared length after its picture
const overrunPause = 300; // milliseconds to wait for another picture after a declared length
const imagePause = 3000; // milliseconds to wait for another picture in an image without a length
const cutsBeforeRepair = 2; // responses in a row without a whole picture

/**
 * Reads an HTTP camera: a stream of pictures is one run; a single picture is requested repeatedly.
 *
 * The bytes decide which of the two it is, not the declared type. A picture that equals the previous one is not
 * delivered again, but shows that the camera is alive. A failed request is repeated; three in a row end the run.
 */
export class HttpRuns implements SourceRunner {
  readonly #options: HttpRunsOptions;
  readonly #interval: number;
  readonly #answers: ParsedRuns;
  /** Connections of the current run. */
  #connections: Connections | undefined;
  #answer: Answer | undefined;
  /** Whether responses so far were single pictures. */
  #polled = false;
  #repeats = 0; // since the last new picture
  #aliveAt: number | undefined;
  /** Responses in a row that contained a picture, but no whole one, and ended when the connection closed. */
  #cuts = 0;

  constructor(options: HttpRunsOptions) {
    const { client, interval = defaultInterval } = options;
    this.#options = options;
    this.#interval = interval;
    const open = async () => {
      if (!this.#connections) throw new TypeError("Cannot send a request: no run has been opened");
      this.#answer = await client.get(this.#connections);
      return limitGarbage(this.#answer.body, { limit: maxGarbage, pictures: () => this.#answers.input.frames });
    };
    this.#answers = new ParsedRuns(open, { ...options, isComplete: () => this.#isComplete() });
  }

  get input(): ParserStats {
    return this.#answers.input;
  }

  lastSign(): number {
    return this.#aliveAt ?? 0;
  }

  get period(): number | undefined {
    return this.#polled ? this.#interval : undefined;
  }

  get isUnchanged(): boolean {
    return this.#repeats > 0;
  }

  explain(): Explanation | undefined {
    return this.#repeats > 0 ? sameAnswers : this.#answers.explain();
  }

  async settled(): Promise<void> {
    await this.#answers.settled();
  }

  async open(signal: AbortSignal): Promise<ReadableStream<Frame>> {
    const life = new AbortController();
    const run = AbortSignal.any([signal, life.signal]);
    this.#connections = new Connections({ ...this.#options, signal: run });
    this.#repeats = 0;
    const frames = this.#frames(run, this.#connections);
    const first = frames.next();
    first.catch(() => {}); // the reader gets the error
    let next: Promise<IteratorResult<Frame, void>> | undefined = first;
    return new ReadableStream<Frame>(
      {
        async pull(controller) {
          const { done, value } = await (next ?? frames.next());
          next = undefined;
          if (done) controller.close();
          else controller.enqueue(value);
        },
        async cancel(reason) {
          life.abort(reason);
          await frames.return().catch(() => {});
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Requests once or repeatedly, and yields new pictures. Returns when a stream of pictures has ended. */
  async *#frames(signal: AbortSignal, connections: Connections): AsyncGenerator<Frame, void> {
    let last: Frame | undefined;
    for (let failures = 0; ; ) {
      const askedAt = performance.now();
      const { repaired } = this.#answers.input;
      let pictures = 0;
      let problem: HttpError | undefined;
      try {
        for await (const frame of this.#readAnswer(signal, connections)) {
          pictures++;
          if (pictures > 1 && !this.#isBounded) this.#polled = false;
          if (isRepetition(frame, last?.upstream)) {
            this.#aliveAt = performance.now();
            continue;
          }
          if (this.#polled && last && equal(frame.data, last.data)) {
            this.#noteRepeat();
            continue;
          }
          this.#repeats = 0;
          if (this.#answers.input.repaired === repaired) this.#cuts = 0;
          last = last === undefined ? frame : behind(frame, last);
          yield last;
        }
        if (pictures === 0) {
          if (this.#answer?.status === 304 && last) this.#noteRepeat();
          else problem = this.#noPicture();
        }
      } catch (error) {
        signal.throwIfAborted();
        problem = error instanceof HttpError ? error : this.#options.client.lost(error);
      }
      if (pictures > 0 || problem === undefined) failures = 0;
      if (problem === undefined) {
        if (pictures > 1 && !this.#isBounded) return;
        this.#polled = true;
      } else if (!this.#polled || ++failures === maxFailures) {
        throw problem;
      }
      const delay = problem ? Math.min(this.#interval, retryDelay) : this.#interval;
      const again = Math.max(askedAt + delay, performance.now() + (problem?.retryAfter ?? 0));
      if (problem && problem.retryAfter > 0) this.#aliveAt = again;
      await sleep(again - performance.now(), signal);
    }
  }

  /** Yields the pictures of one response. Throws after 30 s without data if a single picture is expected. */
  async *#readAnswer(signal: AbortSignal, connections: Connections): AsyncGenerator<Frame, void> {
    const inTime = <T>(promise: Promise<T>) => (this.#polled ? within(promise, pollTimeout) : promise);
    let reader: ReadableStreamDefaultReader<Frame> | undefined;
    try {
      reader = (await inTime(this.#answers.open(signal))).getReader();
      for (let pictures = 0; ; ) {
        const read = reader.read();
        const patience = this.#patienceAfter(pictures);
        const { done, value } = patience
          ? await within(read, patience, { done: true, value: undefined })
          : await inTime(read);
        if (done) return;
        pictures++;
        yield this.#isBounded ? this.#withUpstream(value) : value;
      }
    } catch (error) {
      if (error === late) connections.close(error);
      throw error;
    } finally {
      await reader?.cancel().catch(() => {});
    }
  }

  #noteRepeat(): void {
    this.#repeats++;
    this.#aliveAt = performance.now();
  }

  /** Returns the milliseconds after which a response is over if no other picture follows; undefined if it is a stream. */
  #patienceAfter(pictures: number): number | undefined {
    if (pictures === 0 || !this.#typeOf(/^(image\/|$)/)) return undefined;
    if (this.#isBounded) return overdue;
    if (pictures > 1) return undefined;
    return this.#answer?.hasOverrun ? overrunPause : Math.max(imagePause, this.#interval);
  }

  /**
   * Tells whether the current response has ended with its picture. One without a length may have been cut, so that only
   * several in a row without a whole picture show that the camera sends them like that.
   */
  #isComplete(): boolean {
    if (this.#answer?.isComplete) return true;
    this.#cuts = Number.isFinite(this.#answer?.length) ? 0 : this.#cuts + 1;
    return this.#cuts > cutsBeforeRepair;
  }

  /** Returns a single picture with what another teecam tells of it in the head of the response. */
  #withUpstream(frame: Frame): Frame {
    const upstream = readUpstream((name) => this.#answer?.fields.get(name)?.[0]);
    if (!upstream) return frame;
    const { age, sequence } = upstream;
    return { ...frame, arrival: frame.arrival - age, timestamp: frame.timestamp - age * 1000, upstream: sequence };
  }

  /** Whether the current response has declared its length. */
  get #isBounded(): boolean {
    return Number.isFinite(this.#answer?.length);
  }

  #typeOf(pattern: RegExp): boolean {
    return pattern.test(this.#answer?.fields.get("content-type")?.[0] ?? "");
  }

  #noPicture(): HttpError {
    const { status = 200, fields } = this.#answer ?? {};
    const [type = ""] = fields?.get("content-type") ?? [];
    if (status === 204 || status === 304) {
      const summary = `it answered ${status}, without a picture`;
      return new HttpError(`Cannot pull ${this.#options.name}: ${summary}`, { summary });
    }
    const advice = this.#typeOf(/^(video|application\/(vnd\.apple|x-mpegurl|dash))/i)
      ? "; to read video with ffmpeg: teecam -- ffmpeg -i URL -f mjpeg -"
      : "";
    const what = type === "" ? "of unknown type" : redact(type.slice(0, 80));
    return new HttpError(`Cannot pull ${this.#options.name}: the response, ${what}, contains no JPEG${advice}`, {
      summary: "the response contains no JPEG",
    });
  }
}

const late = new Error(`no answer for ${pollTimeout / 1000} s`);

/** Settles like `promise`; after `milliseconds` resolves with `otherwise` or, without it, rejects with {@link late}. */
function within<T>(promise: Promise<T>, milliseconds: number, otherwise?: T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => (otherwise === undefined ? reject(late) : resolve(otherwise)), milliseconds);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Returns the frame with a timestamp later than that of the previous frame, which came from another parser. */
function behind(frame: Frame, { timestamp }: Frame): Frame {
  return frame.upstream === undefined && frame.timestamp <= timestamp ? { ...frame, timestamp: timestamp + 1 } : frame;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
