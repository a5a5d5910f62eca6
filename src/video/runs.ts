import { Failure } from "../failure.ts";
import type { Frame } from "../media/frame.ts";
import type { VideoChunk } from "../media/video-chunk.ts";
import { ffmpegFailure } from "../source/ffmpeg/messages.ts";
import { fpsModeOption } from "../source/ffmpeg/probe.ts";
import { type CommandOptions, command, type Spawn } from "../source/process.ts";
import { encodeArguments } from "./arguments.ts";
import { chooseEncoders, type EncoderName } from "./encoders.ts";
import { type CodedPicture, FlvParserStream } from "./flv.ts";
import { FrameFeed } from "./frame-feed.ts";
import { MatroskaStream } from "./matroska.ts";
import type { VideoOptions } from "./options.ts";

/** Options for {@link EncoderRuns}. */
export interface EncoderRunsOptions extends VideoOptions, Pick<CommandOptions, "onLine" | "onWarning"> {
  readonly spawn: Spawn;
  /** Starts reading the pictures to code. */
  readonly pictures: () => ReadableStream<Frame>;
  /** Returns how many pictures per second to expect; 0 if that is unknown. */
  readonly frameRate: () => number;
}

const usualRate = { default: 25, max: 240 }; // frames a second

/** Runs ffmpeg to code pictures, one run at a time. */
export class EncoderRuns {
  readonly #options: EncoderRunsOptions;
  #gone: Promise<unknown> = Promise.resolve();
  #feed: FrameFeed | undefined;
  #encoder: EncoderName | undefined;
  /** Number of runs without a picture since the last one with some: each tries another encoder. */
  #fruitless = 0;

  constructor(options: EncoderRunsOptions) {
    this.#options = options;
  }

  /** The encoder of the latest run; undefined before the first. */
  get encoder(): EncoderName | undefined {
    return this.#encoder;
  }

  /** Returns why nothing can be coded here; undefined if it can. */
  async unavailable(): Promise<string | undefined> {
    const { encoder = "auto", spawn } = this.#options;
    return await chooseEncoders(encoder, spawn).then(
      () => undefined,
      (error) => (error instanceof Error ? error.message : String(error)),
    );
  }

  /** Makes one of the next pictures a key: the next one, unless there has just been a key. */
  requestKey(): void {
    this.#feed?.requestKey();
  }

  /** Settles when the latest run has ended completely. Never rejects. */
  async settled(): Promise<void> {
    await this.#gone;
  }

  /**
   * Starts one run, and returns its chunks. The first is a key; times begin anew.
   *
   * The stream closes when the pictures end, and errors with a {@link Failure} if anything else ends it. Cancelling it, or
   * aborting `signal`, ends ffmpeg.
   */
  async open(signal: AbortSignal): Promise<ReadableStream<VideoChunk>> {
    await this.#gone;
    const { encoder: wanted = "auto", spawn, pictures, onLine, onWarning, ...options } = this.#options;
    const [names, fpsMode] = [await chooseEncoders(wanted, spawn), await fpsModeOption(spawn)];
    signal.throwIfAborted();
    const encoder = names[this.#fruitless % names.length] ?? names[0];
    this.#encoder = encoder;
    const frameRate = Math.min(this.#options.frameRate() || usualRate.default, usualRate.max);
    const stop = new AbortController();
    signal.addEventListener("abort", () => stop.abort(signal.reason), { once: true });
    let failure: Failure | undefined;
    const onFailure = (why: Failure) => {
      failure = why;
      stop.abort(why);
    };
    const input = () => {
      this.#feed = new FrameFeed(pictures(), { onFailure });
      return this.#feed.readable.pipeThrough(new MatroskaStream({ frameRate }));
    };
    const argv = encodeArguments({ ...options, encoder, fpsMode });
    const bytes = await command(argv, { spawn, failure: ffmpegFailure, input, onLine, onWarning })(stop.signal);
    const feed = this.#feed;
    if (!feed) throw new Failure("ffmpeg has no standard input");

    const parser = new FlvParserStream();
    const gone = bytes.pipeTo(parser.writable).catch(() => {}); // the parser's readable errors too
    this.#gone = gone;
    const reader = parser.readable.getReader();
    let isFruitful = false;
    const next = async () => {
      const { done, value } = await reader.read();
      if (!done) return toChunk(feed, value);
      if (!feed.isClosed) throw new Failure("ffmpeg has ended");
    };
    return new ReadableStream<VideoChunk>(
      {
        pull: async (controller) => {
          try {
            const chunk = await next();
            if (!chunk) return controller.close();
            isFruitful = true;
            this.#fruitless = 0;
            controller.enqueue(chunk);
          } catch (error) {
            stop.abort(error);
            await gone;
            if (feed.isClosed) return controller.close(); // without a single picture, ffmpeg fails
            if (!isFruitful) this.#fruitless++;
            throw failure ?? error;
          }
        },
        cancel: async (reason) => {
          stop.abort(reason);
          await Promise.all([reader.cancel(reason), gone]);
        },
      },
      { highWaterMark: 0 },
    );
  }
}

function toChunk(feed: FrameFeed, picture: CodedPicture): VideoChunk {
  const frame = feed.take(picture.time);
  if (!frame) throw new Failure("ffmpeg has changed the time of a picture");
  const { sequence, timestamp, arrival, width, height } = frame;
  return { ...picture, sequence, timestamp, arrival, width, height };
}
