import { type CaptureRuntime, capture } from "./capture/capture.ts";
import { type Argv, describeSource, parseSource, type Source } from "./capture/source.ts";
import { type Logger, silent } from "./log.ts";
import type { Frame } from "./media/frame.ts";
import { FrameParserStream } from "./media/parser.ts";
import { addStats, type ParserStats } from "./media/stats.ts";
import { Meter } from "./meter.ts";
import { Branch, BranchSource, type View } from "./relay/branch.ts";
import { Broadcaster } from "./relay/broadcaster.ts";
import { type Change, type Phase, supervise } from "./supervise.ts";

/** What a camera is made of. Times are milliseconds. */
export interface CameraOptions {
  /** Its name in URLs: `[a-z0-9][a-z0-9_-]{0,62}`. @default "camera" */
  readonly id?: string | undefined;
  /** Where its pictures come from, as the command line takes it, or a program with its arguments. @default the test card */
  readonly source?: string | Argv | undefined;
  /** Largest frame taken, in bytes. @default 8 MiB */
  readonly maxFrameSize?: number | undefined;
  /** Its source runs only while somebody watches, and so long after the last viewer; `true` is 5000. @default false */
  readonly onDemand?: boolean | number | undefined;
  /** A file is played again and again. @default false */
  readonly loop?: boolean | undefined;
  /** At most so many frames a second, evenly in time, for all viewers together. @default all */
  readonly fps?: number | undefined;
  /** Frames thrown away at the start of each run, before a sensor has found its exposure. @default 0 */
  readonly warmup?: number | undefined;
  /** Without a first frame for so long a run is stalled; at twice that it is ended. @default `stallAfter` */
  readonly firstFrameAfter?: number | undefined;
  /** As `firstFrameAfter` from the first frame on, or five of its own periods if that is longer. @default 5000 */
  readonly stallAfter?: number | undefined;
  /** Variables for its program, or for ffmpeg, besides those of this process; what they hold is kept out of logs. @default none */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** @default none */
  readonly log?: Logger | undefined;
}

/** How a camera fares. */
export interface CameraState {
  readonly state: Phase;
  /** Why, in words for people. */
  readonly detail: string | null;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

const idPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/**
 * One source of pictures, running from its making to its `close()`, shared by all who look at it.
 *
 * It captures, parses and broadcasts; whatever dies on the way is started anew. It keeps one branch of its own, so that
 * its source is read whether or not anybody watches.
 */
export class Camera {
  readonly id: string;
  /** Its source in words, without secrets. */
  readonly source: string;
  readonly #log: Logger;
  readonly #life = new AbortController();
  readonly #frames: Broadcaster<Frame>;
  readonly #changes: BranchSource<CameraState>;
  readonly #states: Broadcaster<CameraState>;
  readonly #own: ReadableStreamDefaultReader<Frame>;
  readonly #followed: Promise<void>;
  #gone: Promise<void> = Promise.resolve();
  #state: CameraState = { state: "starting", detail: null, since: Date.now() };
  #newest: Frame | undefined;
  readonly #meter = new Meter();
  #sequence = 0;
  #earlier: ParserStats = addStats([]);
  #latest: ParserStats = addStats([]);

  /** Throws a `TypeError` for an id or a source that cannot be used. The source starts at once. */
  constructor(options: CameraOptions, runtime: CaptureRuntime) {
    const { id = "camera", source = "testcard:", maxFrameSize, log = silent } = options;
    if (!idPattern.test(id)) {
      throw new TypeError(
        `Cannot name a camera "${id}": use a-z, 0-9, "_" and "-", at most 63, a letter or digit first`,
      );
    }
    const what: Source = typeof source === "string" ? parseSource(source) : { kind: "command", argv: source };
    this.id = id;
    this.source = describeSource(what);
    this.#log = log;
    this.#changes = new BranchSource<CameraState>(() => {});
    this.#states = new Broadcaster(new Branch(this.#changes));
    this.#changes.offer(this.#state);

    const run = capture(what, {
      ...runtime,
      signal: this.#life.signal,
      onLine: (line) => log.debug("{camera}: {line}", { camera: id, line }),
    });
    const frames = supervise(async (signal) => this.#parse(await run(signal), maxFrameSize), {
      finite: hasEnd(what),
      awaited: what.kind === "listen",
      onChange: (change) => this.#change(change),
    });
    this.#frames = new Broadcaster(frames);
    this.#own = this.tee().getReader();
    this.#followed = this.#follow();
  }

  /** How it fares now. */
  get state(): CameraState {
    return this.#state;
  }

  /** The newest frame, if there has been one; its `arrival` tells how old it is. */
  get newest(): Frame | undefined {
    return this.#newest;
  }

  /** Frames a second, as they arrived lately; it sinks while none arrive. */
  get fps(): number {
    return this.#meter.rate();
  }

  /** What its parsers made of its source's bytes, over all runs. */
  get input(): ParserStats {
    return addStats([this.#earlier, this.#latest]);
  }

  /** Its frames, newest only, from the newest one on, as `view` wants them. The caller reads it to its end or cancels it. */
  tee(): Branch<Frame>;
  tee<U>(view: View<Frame, U>): Branch<U>;
  tee<U>(view: View<Frame, U> = {}): Branch<U> {
    return this.#frames.tee(view);
  }

  /** Its states from the present one on; one that lasted less than the reader took may be left out. */
  states(): Branch<CameraState> {
    return this.#states.tee();
  }

  /** Ends it: every branch closes, and it settles when nothing of its source is left. */
  async close(): Promise<void> {
    this.#life.abort();
    await this.#frames.close();
    await this.#followed;
    await this.#gone; // cancelling a pipe does not wait for its source
  }

  #parse(bytes: ReadableStream<Uint8Array>, maxFrameSize: number | undefined): ReadableStream<Frame> {
    const parser = new FrameParserStream({ maxFrameSize, sequence: () => this.#sequence++ });
    this.#earlier = this.input;
    this.#latest = parser.stats;
    this.#gone = bytes.pipeTo(parser.writable).catch(() => {}); // as pipeThrough does, which keeps the promise to itself
    return parser.readable;
  }

  async #follow(): Promise<void> {
    for (;;) {
      const { done, value: frame } = await this.#own.read();
      if (done) break;
      this.#meter.count(frame.arrival);
      this.#newest = frame;
    }
    if (this.#state.state !== "ended") this.#change({ phase: "ended" });
    this.#changes.close();
  }

  #change({ phase, detail }: Change): void {
    const before = this.#state.state;
    this.#state = { state: phase, detail: detail ?? null, since: Date.now() };
    this.#changes.offer(this.#state);
    const level =
      phase === "failed" || phase === "stalled" || (phase === "restarting" && before === "live") ? "warn" : "info";
    this.#log[level](detail ? "{camera} is {state}: {detail}" : "{camera} is {state}", {
      camera: this.id,
      state: phase,
      detail,
    });
  }
}

/** Whether a source that ends well has said all it has to say. */
function hasEnd(source: Source): boolean {
  return source.kind === "stdin" || (source.kind === "ffmpeg" && source.medium === "file");
}
