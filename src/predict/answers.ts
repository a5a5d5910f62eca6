import type { Frame } from "../media/frame.ts";
import type { Json } from "./prediction.ts";
import { parseResult, type ResultBounds } from "./result.ts";

/** Lines of a predictor's standard output that were taken for no answer, by reason. */
export interface Strays {
  /** No JSON object or array, or more of it than a result may have. */
  readonly garbled: number;
  /** They came when nothing had been asked. */
  readonly unasked: number;
  /** They named another frame than the one that was asked about. */
  readonly mistaken: number;
}

/** What a line says about the frame that was asked about. */
export interface Answer {
  readonly result?: Json;
  /** Whether it was the last about this frame. */
  readonly done: boolean;
}

/** How an {@link Answers} reads lines. */
export interface AnswersOptions {
  readonly bounds: ResultBounds;
  /** What a line's JSON says. */
  readonly read: (value: Readonly<Record<string, Json>> | readonly Json[]) => Answer;
  /** Hears of each line that was taken for no answer: why, and how it begins. */
  readonly onStray: (kind: keyof Strays, beginning: string) => void;
}

const shown = 80; // characters of a stray line
const mostEarly = 64; // answers that nobody has asked for the next of

/**
 * Finds the answers among the lines a program writes to its standard output.
 *
 * An answer is one line, a JSON object or array. One that has a `sequence` of its own must name the frame that was asked
 * about, and then belongs to it for certain. Any other line (a text somebody printed, half a line, a number) is passed over
 * and counted, and the answer is still waited for.
 *
 * Bound: 64 answers about one frame that were not asked for yet; then no more lines are read.
 */
export class Answers {
  readonly #options: AnswersOptions;
  readonly #early: Answer[] = [];
  #wanted: ((answer: Answer) => void) | undefined;
  #proceed: (() => void) | undefined;
  #asked: Frame | undefined;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** From now on answers are about this frame. */
  ask(frame: Frame): void {
    this.#asked = frame;
    this.#early.length = 0;
    this.#wanted = undefined;
  }

  /** The next answer about the frame; it stays pending as long as none comes. */
  next(): Promise<Answer> {
    const early = this.#early.shift();
    this.#proceed?.();
    if (early) return Promise.resolve(early);
    return new Promise((resolve) => {
      this.#wanted = resolve;
    });
  }

  /** A line came; undefined for one that was too long. Settles when the next one may come. */
  async take(line: string | undefined): Promise<void> {
    const { bounds, read, onStray } = this.#options;
    const stray = (kind: keyof Strays) => onStray(kind, line?.slice(0, shown) ?? `more than ${bounds.maxSize} bytes`);
    if (line?.trim() === "") return;
    const value = line === undefined ? undefined : parse(line, bounds);
    if (value === undefined) return stray("garbled");
    if (!this.#asked) return stray("unasked");
    if ("sequence" in value && value.sequence !== this.#asked.sequence) return stray("mistaken");
    const answer = read(value);
    if (answer.done) this.#asked = undefined;
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted) return wanted(answer);
    this.#early.push(answer);
    while (this.#early.length >= mostEarly) {
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
