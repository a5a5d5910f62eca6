import type { Frame } from "../media/frame.ts";
import type { Json } from "./prediction.ts";
import { parseResult, type ResultBounds } from "./result.ts";

/** Lines of a predictor's standard output that were taken for no answer, by reason. */
export interface InvalidLines {
  /** No JSON object or array, or more of it than a result may have. */
  readonly malformed: number;
  /** They came when nothing had been asked. */
  readonly unsolicited: number;
  /** They named another frame than the one that was asked about. */
  readonly mismatched: number;
}

/** What a line says about the frame that was asked about. */
export interface PredictorResponse {
  readonly result?: Json;
  /** Whether it was the last about this frame. */
  readonly done: boolean;
}

/** How an {@link ResponseReader} reads lines. */
export interface ResponseReaderOptions {
  readonly bounds: ResultBounds;
  /** What a line's JSON says. */
  readonly read: (value: Readonly<Record<string, Json>> | readonly Json[]) => PredictorResponse;
  /** Hears of each line that was taken for no answer: why, and how it begins. */
  readonly onInvalidLine: (kind: keyof InvalidLines, beginning: string) => void;
}

const shown = 80; // characters of a stray line
const maxPending = 64; // answers that nobody has asked for the next of

/**
 * Finds the answers among the lines a program writes to its standard output.
 *
 * An answer is one line, a JSON object or array. One that has a `sequence` of its own must name the frame that was asked
 * about, and then belongs to it for certain. Any other line (a text somebody printed, half a line, a number) is passed over
 * and counted, and the answer is still waited for.
 *
 * Bound: 64 answers about one frame that were not asked for yet; then no more lines are read.
 */
export class ResponseReader {
  readonly #options: ResponseReaderOptions;
  readonly #pending: PredictorResponse[] = [];
  #wanted: ((answer: PredictorResponse) => void) | undefined;
  #proceed: (() => void) | undefined;
  #asked: Frame | undefined;

  constructor(options: ResponseReaderOptions) {
    this.#options = options;
  }

  /** From now on answers are about this frame. */
  ask(frame: Frame): void {
    this.#asked = frame;
    this.#pending.length = 0;
    this.#wanted = undefined;
  }

  /** The next answer about the frame; it stays pending as long as none comes. */
  next(): Promise<PredictorResponse> {
    const early = this.#pending.shift();
    this.#proceed?.();
    if (early) return Promise.resolve(early);
    return new Promise((resolve) => {
      this.#wanted = resolve;
    });
  }

  /** A line came; undefined for one that was too long. Settles when the next one may come. */
  async take(line: string | undefined): Promise<void> {
    const { bounds, read, onInvalidLine } = this.#options;
    const stray = (kind: keyof InvalidLines) =>
      onInvalidLine(kind, line?.slice(0, shown) ?? `more than ${bounds.maxSize} bytes`);
    if (line?.trim() === "") return;
    const value = line === undefined ? undefined : parse(line, bounds);
    if (value === undefined) return stray("malformed");
    if (!this.#asked) return stray("unsolicited");
    if ("sequence" in value && value.sequence !== this.#asked.sequence) return stray("mismatched");
    const answer = read(value);
    if (answer.done) this.#asked = undefined;
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted) return wanted(answer);
    this.#pending.push(answer);
    while (this.#pending.length >= maxPending) {
      await new Promise<void>((resolve) => {
        this.#proceed = resolve;
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
