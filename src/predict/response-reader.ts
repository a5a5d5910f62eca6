import type { Frame } from "../media/frame.ts";
import { CheckedJson } from "./checked-json.ts";
import type { ResultBounds } from "./result.ts";

/**
 * Numbers of lines on a predictor's standard output that were not accepted as answers, by reason.
 *
 * @example
 * ```ts
 * const { malformed, unsolicited, mismatched } = predictions.report();
 * ```
 */
export interface InvalidLines {
  /** Not a JSON object or array, or one beyond the bounds of a result. */
  readonly malformed: number;
  /** Received when no frame was waiting for an answer. */
  readonly unsolicited: number;
  /** Named another frame than the one waiting for an answer. */
  readonly mismatched: number;
}

/** Lines that were not accepted. */
export interface RejectedLines {
  readonly reason: keyof InvalidLines;
  readonly count: number;
  /** How the last of them begins. */
  readonly beginning: string;
}

/** The content of one answer. */
export interface PredictorResponse {
  /** The frame that it names, if it names one; it may be anything. */
  readonly sequence?: unknown;
  readonly result?: CheckedJson | undefined;
  /** True if it is the last answer about its frame. */
  readonly done: boolean;
}

/** Parses a line; returns undefined, or throws, for one that is not an answer. */
export type ReadResponse = (line: string, bounds: ResultBounds) => PredictorResponse | undefined;

/** Options for {@link ResponseReader}. */
export interface ResponseReaderOptions {
  readonly bounds: ResultBounds;
  /** @default a JSON object or array is the result, and the only one for its frame */
  readonly read?: ReadResponse | undefined;
  /** Called with each line that is not an answer. */
  readonly onRejected: (lines: RejectedLines) => void;
}

/** Characters of an invalid line that are told. */
export const maxShown = 80;

const maxPending = 64; // answers waiting for `next`

/**
 * Finds the answers among the lines that a program writes to its standard output.
 *
 * An answer is one line with a JSON object or array. If it has a `sequence`, that must be the frame it answers. Any
 * other line (debug output, half a line, a number) is reported as invalid and skipped, and the answer is still awaited.
 *
 * Holds at most 64 answers about one frame that `next` has not taken; then `take` returns a promise, and no more lines are
 * read until it settles.
 */
export class ResponseReader {
  readonly #options: ResponseReaderOptions;
  readonly #pending: PredictorResponse[] = [];
  #resolveNext: ((response: PredictorResponse) => void) | undefined;
  #resume: (() => void) | undefined;
  #frame: Frame | undefined;

  constructor(options: ResponseReaderOptions) {
    this.#options = options;
  }

  /** Whether an answer is awaited; if not, every line is unsolicited. */
  get isAwaiting(): boolean {
    return this.#frame !== undefined;
  }

  /** Expects answers about this frame from now on, and drops those about the last one. */
  ask(frame: Frame): void {
    this.#frame = frame;
    this.#pending.length = 0;
    this.#resolveNext = undefined;
  }

  /** Returns the next answer about the frame; pending until one arrives. */
  next(): Promise<PredictorResponse> {
    const response = this.#pending.shift();
    this.#resume?.();
    if (response) return Promise.resolve(response);
    return new Promise((resolve) => {
      this.#resolveNext = resolve;
    });
  }

  /** Takes a line; undefined stands for one that was too long. Returns a promise of when the next line may be read, if not now. */
  take(line: string | undefined): Promise<void> | undefined {
    const { bounds, read = readResult } = this.#options;
    if (line?.trim() === "") return undefined;
    const response = line === undefined ? undefined : this.#parse(line, read);
    if (!response) return this.#reject("malformed", line ?? `more than ${bounds.maxSize} bytes`);
    if (!this.#frame) return this.#reject("unsolicited", line);
    const { sequence, done } = response;
    if (sequence !== undefined && sequence !== this.#frame.sequence) return this.#reject("mismatched", line);
    if (done) this.#frame = undefined;
    const resolveNext = this.#resolveNext;
    this.#resolveNext = undefined;
    if (resolveNext) {
      resolveNext(response);
      return undefined;
    }
    this.#pending.push(response);
    return this.#pending.length < maxPending ? undefined : this.#untilTaken();
  }

  #parse(line: string, read: ReadResponse): PredictorResponse | undefined {
    try {
      return read(line, this.#options.bounds);
    } catch {
      return undefined;
    }
  }

  #reject(reason: keyof InvalidLines, line = ""): undefined {
    this.#options.onRejected({ reason, count: 1, beginning: line.slice(0, maxShown) });
  }

  async #untilTaken(): Promise<void> {
    while (this.#pending.length >= maxPending) {
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
    }
  }
}

function readResult(line: string, bounds: ResultBounds): PredictorResponse | undefined {
  const result = CheckedJson.parse(line, bounds);
  const { value } = result;
  if (typeof value !== "object" || value === null) return undefined;
  return { sequence: "sequence" in value ? (value.sequence ?? null) : undefined, result, done: true };
}
