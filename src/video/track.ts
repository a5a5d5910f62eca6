import { type Logger, silent } from "../log.ts";
import type { Frame } from "../media/frame.ts";
import type { VideoChunk } from "../media/video-chunk.ts";
import { redactor } from "../redact.ts";
import type { Branch } from "../relay/branch.ts";
import type { BranchOptions } from "../relay/branch-options.ts";
import type { TrackState } from "../relay/state.ts";
import { Track } from "../relay/track.ts";
import type { Spawn } from "../source/process.ts";
import { BitrateMeter } from "./bitrate-meter.ts";
import type { EncoderName } from "./encoders.ts";
import type { VideoOptions } from "./options.ts";
import { EncoderRuns } from "./runs.ts";

/** Options for {@link VideoTrack}. */
export interface VideoTrackOptions extends VideoOptions {
  /** Name of the camera. */
  readonly camera: string;
  readonly spawn: Spawn;
  /** The camera's pictures, of which each run reads a branch. */
  readonly pictures: { tee(options?: BranchOptions<Frame>): Branch<Frame> };
  /** Returns how many pictures per second to expect; 0 if that is unknown. */
  readonly frameRate: () => number;
  /** Milliseconds for which it continues without a reader. @default 5000 */
  readonly idleTimeout?: number | undefined;
  /** Texts to redact from its logs and states. @default none */
  readonly secrets?: readonly string[] | undefined;
  /** @default none */
  readonly log?: Logger | undefined;
}

/**
 * State and counters of a {@link VideoTrack}, as plain data.
 *
 * @example
 * ```ts
 * const { encoder, bitrate, readers } = front.video.report();
 * console.log(`${encoder}: ${bitrate} kbit/s for ${readers}`);
 * ```
 */
export interface VideoReport extends TrackState {
  /** The encoder of ffmpeg; null before the first run. */
  readonly encoder: EncoderName | null;
  /** Recent kilobits per second. */
  readonly bitrate: number;
  /** Recent pictures per second. */
  readonly fps: number;
  /** Pictures over all runs. */
  readonly coded: number;
  /** Bytes of them. */
  readonly bytes: number;
  /** Keys among them. */
  readonly keys: number;
  /** Runs that failed, or ended while they were still wanted. */
  readonly restarts: number;
  /** Current readers. */
  readonly readers: number;
}

/**
 * The coded pictures of a camera: one encoder for all readers, which runs while there are any.
 *
 * It reads a branch of the camera's pictures like any viewer. Readers get every chunk in order, from a key on; one that
 * falls behind skips to a key made for it. It ends with the camera, or by `close()`.
 *
 * @see {@link VideoChunk} for an example
 */
export class VideoTrack extends Track<VideoChunk> {
  readonly #runs: EncoderRuns;
  readonly #counted: { keys: number; bytes: number };
  readonly #meter: BitrateMeter;

  constructor({ camera, pictures, idleTimeout = 5000, secrets = [], log = silent, ...options }: VideoTrackOptions) {
    const redact = redactor(secrets);
    const runs = new EncoderRuns({
      ...options,
      pictures: () => pictures.tee(),
      onLine: (line) => log.debug("{camera}: video: {line}", { camera, line: redact(line) }),
      onWarning: (line) => log.warn("{camera}: video: {line}", { camera, line: redact(line) }),
    });
    const counted = { keys: 0, bytes: 0 };
    const meter = new BitrateMeter();
    super((signal) => runs.open(signal), {
      track: { camera, kind: "video" },
      retention: "since-key",
      idleTimeout,
      finite: true, // only the camera's own end ends a run without an error
      stallAfter: Number.POSITIVE_INFINITY, // a camera may have no pictures; a coded one has a deadline of its own
      onKeyNeeded: () => runs.requestKey(),
      redact,
      pass: (chunk) => {
        counted.bytes += chunk.data.length;
        if (chunk.key) counted.keys++;
        meter.count(chunk.data.length);
        return chunk;
      },
      onState: ({ state, cause }) => {
        const level = state === "failed" || state === "restarting" ? "warn" : "debug";
        const text = cause ? "{camera}: video {state}: {cause}" : "{camera}: video {state}";
        log[level](text, { camera, state, cause });
      },
    });
    this.#runs = runs;
    this.#counted = counted;
    this.#meter = meter;
  }

  /** Makes one of the next chunks a key: the next one, unless there was a key less than half a second ago. */
  requestKey(): void {
    this.#runs.requestKey();
  }

  /** Returns why nothing can be coded on this machine, such as an ffmpeg without an encoder; undefined if it can. */
  unavailable(): Promise<string | undefined> {
    return this.#runs.unavailable();
  }

  /** Returns its state and counters. */
  report(): VideoReport {
    const round = (value: number) => Math.round(value * 10) / 10;
    return {
      ...this.state,
      encoder: this.#runs.encoder ?? null,
      bitrate: Math.round(this.#meter.rate()),
      fps: round(this.rate),
      coded: this.count,
      ...this.#counted,
      restarts: this.restarts,
      readers: this.readers,
    };
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#runs.settled();
  }
}
