import type { DriverOptions } from "../driver.ts";
import type { OpenBytes } from "../parse.ts";
import { command } from "../process.ts";
import type { Argv } from "../source.ts";
import { again } from "./again.ts";
import { convertArguments, type VideoInfo } from "./arguments.ts";
import { ffmpegFailure, tidyLine } from "./messages.ts";
import { fpsModeOption, probe } from "./probe.ts";
import type { FfmpegSettings, FfmpegSpec } from "./spec.ts";

/** Options for {@link Converter}. */
export interface ConverterOptions extends DriverOptions, FfmpegSettings {
  /** Returns the number of frames of all runs so far. */
  readonly frames: () => number;
}

/**
 * Runs ffmpeg once for each run, with concatenated JPEGs as output.
 *
 * MJPEG is copied unchanged; other video is decoded and encoded with as little delay as ffmpeg allows. ffprobe inspects
 * the source before the first run, and again after a run without a frame.
 */
export class Converter {
  readonly #spec: FfmpegSpec;
  readonly #options: ConverterOptions;
  #video: VideoInfo | undefined;
  #framesBefore = 0; // the latest run began
  #isProbing = false;
  #probedAt = 0;
  #argv: Argv | undefined;
  #run: OpenBytes | undefined;

  constructor(spec: FfmpegSpec, options: ConverterOptions) {
    this.#spec = spec;
    this.#options = options;
  }

  /** Time at which ffprobe last ended, in milliseconds of `performance.now()`; the current time while it runs. */
  get lastSign(): number {
    return this.#isProbing ? performance.now() : this.#probedAt;
  }

  /** Starts a run; see `SourceRunner.open`. */
  readonly open: OpenBytes = async (signal) => {
    const { frames, spawn, loop, ...settings } = this.#options;
    if (frames() === this.#framesBefore) this.#video = undefined;
    this.#video ??= await this.#probe(signal);
    this.#framesBefore = frames();
    const fpsMode = await fpsModeOption(spawn);
    signal.throwIfAborted();
    return await this.#command(convertArguments(this.#spec, { ...settings, video: this.#video, loop, fpsMode }))(
      signal,
    );
  };

  async #probe(signal: AbortSignal): Promise<VideoInfo | undefined> {
    this.#isProbing = true;
    try {
      return await probe(this.#spec, this.#options, signal);
    } finally {
      this.#isProbing = false;
      this.#probedAt = performance.now();
    }
  }

  /** Returns a function that runs a command line. An unchanged one is kept, because it waits for its last run. */
  #command(argv: Argv): OpenBytes {
    if (this.#run && argv.join("\0") === this.#argv?.join("\0")) return this.#run;
    const { onLine, loop } = this.#options;
    const run = command(argv, {
      ...this.#options,
      failure: ffmpegFailure,
      onLine: (line) => onLine?.(tidyLine(line)),
    });
    this.#argv = argv;
    this.#run = loop ? again(run) : run; // most inputs end after one pass
    return this.#run;
  }
}
