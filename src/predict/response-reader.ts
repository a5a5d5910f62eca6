import type { Frame } from "../media/frame.ts";
import type { Json } from "./prediction.ts";
import { parseResult, type ResultBounds } from "./result.ts";

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

/** The content of one answer. */
export interface PredictorResponse {
  readonly result?: Json;
  /** True if it is the last answer about its frame. */
  readonly done: boolean;
}

/** Options for {@link ResponseReader}. */
export interface ResponseReaderOptions {
  readonly bounds: ResultBounds;
  /** Reads the JSON of a line. */
  readonly read: (value: Readonly<Record<string, Json>> | readonly Json[]) => PredictorResponse;
  /** Called for each line that is not an answer: the reason, and its beginning. */
  readonly onInvalidLine: (kind: keyof InvalidLines, beginning: string) => void;
}

const maxShown = 80; // characters of an invalid line
const maxPending = 64; // answers waiting for `next`

/**
 * Finds the answers among the lines that a program writes to its standard output.
 *
 * An answer is one line with a JSON object or array. If it has a `sequence`, that must be the frame it answers. Any
 * other line (debug output, half a line, a number) is reported as invalid and skipped, and the answer is still awaited.
 *
 * Holds at most 64 answers about one frame that `next` has not taken; then `take` waits, and no more lines are read.
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

  /** Takes a line; undefined stands for one that was too long. Settles when the next line may be read. */
  async take(line: string | undefined): Promise<void> {
    const { bounds, read, onInvalidLine } = this.#options;
    const reject = (kind: keyof InvalidLines) =>
      onInvalidLine(kind, line?.slice(0, maxShown) ?? `more than ${bounds.maxSize} bytes`);
    if (line?.trim() === "") return;
    const value = line === undefined ? undefined : parse(line, bounds);
    if (value === undefined) return reject("malformed");
    if (!this.#frame) return reject("unsolicited");
    if ("sequence" in value && value.sequence !== this.#frame.sequence) return reject("mismatched");
    const response = read(value);
    if (response.done) this.#frame = undefined;
    const resolveNext = this.#resolveNext;
    this.#resolveNext = undefined;
    if (resolveNext) return resolveNext(response);
    this.#pending.push(response);
    while (this.#pending.length >= maxPending) {
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
    }
  }
}

function parse(line: string, bounds: ResultBounds): Readonly<Record<string, Json>> | readonly Json[] | undefined {
  try {
    const value = parseResult(line, bounds);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
