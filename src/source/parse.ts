import type { Explanation } from "../failure.ts";
import type { Frame } from "../media/frame.ts";
import { FrameParserStream } from "../media/frame-parser.ts";
import { defaultMaxFrameSize } from "../media/parser-options.ts";
import { addStats, type ParserStats } from "../media/parser-stats.ts";
import { explainInput } from "./explain.ts";
import { KeptBytes } from "./kept-bytes.ts";
import type { SourceRunner } from "./source.ts";

/**
 * Starts one run of a source of bytes: concatenated JPEGs, or multipart.
 *
 * Resolves, ends and is cancelled like {@link SourceRunner.open}.
 */
export type OpenBytes = (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;

/** Options for {@link ParsedRuns}. */
export interface ParsedRunsOptions {
  /** Maximum size of a frame in bytes. @default 8 MiB */
  readonly maxFrameSize?: number | undefined;
  /** Returns when the source last showed that it is alive, as `SourceRunner.lastSign` has it. @default only frames count */
  readonly lastSign?: (() => number) | undefined;
  /** Frames a second, and at once, above which the newest takes the place of the others. @default 240 */
  readonly maxRate?: number | undefined;
  /**
   * Tells, at the end of the bytes, whether that is the end of the picture too, so that one without a picture by the rules
   * is searched again for damaged pictures that decoders show. @default never
   */
  readonly isComplete?: (() => boolean) | undefined;
}

const maxFraming = 64 * 1024; // bytes around a single picture

/** More than any camera makes: what comes faster is a mistake or an attack. */
export const defaultMaxRate = 240;

/** Runs a source of bytes: parses each run with a parser of its own, and sums the counters over all runs. */
export class ParsedRuns implements SourceRunner {
  readonly #open: OpenBytes;
  readonly #maxFrameSize: number;
  readonly lastSign: (() => number) | undefined;
  readonly #maxRate: number;
  readonly #isComplete: (() => boolean) | undefined;
  #earlier: ParserStats = addStats([]);
  #latest: ParserStats = addStats([]);
  #current: FrameParserStream | undefined;
  #gone: Promise<unknown> = Promise.resolve();

  constructor(open: OpenBytes, options: ParsedRunsOptions = {}) {
    this.#open = open;
    this.lastSign = options.lastSign;
    this.#maxFrameSize = options.maxFrameSize ?? defaultMaxFrameSize;
    this.#maxRate = options.maxRate ?? defaultMaxRate;
    this.#isComplete = options.isComplete;
  }

  get input(): ParserStats {
    return addStats([this.#earlier, this.#latest]);
  }

  explain(): Explanation | undefined {
    if (!this.#current) return undefined;
    const { stats, beginning } = this.#current;
    return explainInput({ stats, beginning, maxFrameSize: this.#maxFrameSize });
  }

  async settled(): Promise<void> {
    await this.#gone;
  }

  async open(signal: AbortSignal): Promise<ReadableStream<Frame>> {
    this.#current = undefined;
    const run = this.#start(signal);
    this.#gone = run.then(({ gone }) => gone).catch(() => {});
    return (await run).frames;
  }

  async #start(signal: AbortSignal): Promise<ParsedRun> {
    const bytes = await this.#open(signal);
    if (signal.aborted) {
      await bytes.cancel(signal.reason);
      throw signal.reason;
    }
    const parser = new FrameParserStream({ maxFrameSize: this.#maxFrameSize, maxRate: this.#maxRate });
    this.#earlier = this.input;
    this.#latest = parser.stats;
    this.#current = parser;
    if (!this.#isComplete) return parseRun(bytes, parser);
    const kept = new KeptBytes(this.#maxFrameSize + maxFraming);
    return parseRun(
      kept.keep(bytes, () => parser.stats.frames === 0),
      parser,
      () => this.#repair(kept, parser.stats),
    );
  }

  /** Searches a run without a picture for damaged ones. */
  async #repair(kept: KeptBytes, { frames, dropped }: ParserStats): Promise<Frame[]> {
    if (frames > 0 || dropped.truncated + dropped.malformed === 0 || !this.#isComplete?.()) return [];
    const repaired = await kept.repair(this.#maxFrameSize);
    if (repaired.frames.length > 0) this.#latest = repaired.stats;
    return repaired.frames;
  }
}

/** The frames of one run, and a promise that settles when the run has ended completely. */
interface ParsedRun {
  readonly frames: ReadableStream<Frame>;
  readonly gone: Promise<void>;
}

/**
 * Pipes bytes through a parser; unlike `pipeThrough`, closing and cancelling wait for the source of the bytes. The frames of
 * `more` follow at the end.
 */
function parseRun(
  bytes: ReadableStream<Uint8Array>,
  parser: FrameParserStream,
  more: () => Promise<Frame[]> = async () => [],
): ParsedRun {
  const gone = bytes.pipeTo(parser.writable).catch(() => {}); // the parser's readable errors too
  const reader = parser.readable.getReader();
  let rest: Frame[] | undefined;
  const frames = new ReadableStream<Frame>(
    {
      async pull(controller) {
        const { done, value } = await reader.read().catch(async (error) => {
          await gone;
          throw error;
        });
        if (!done) return controller.enqueue(value);
        rest ??= await more();
        const next = rest.shift();
        if (next) controller.enqueue(next);
        else controller.close();
      },
      async cancel(reason) {
        await Promise.all([reader.cancel(reason), gone]);
      },
    },
    { highWaterMark: 0 },
  );
  return { frames, gone };
}
