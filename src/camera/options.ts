import type { Logger } from "../log.ts";
import type { PredictorSource } from "../predict/source.ts";
import { redactor } from "../redact.ts";
import { type Argv, canLoop, canStart, describeSource, parseSource, type Source } from "../source/source.ts";

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
  /** What predicts for all viewers: `motion`, a program, or a module. @default nothing */
  readonly predict?: PredictorSource | undefined;
  /** What a viewer may choose by name, and then has predict for itself alone. @default none */
  readonly predictors?: Readonly<Record<string, PredictorSource>> | undefined;
  /** What must appear in nothing that it tells, besides passwords in URLs, which never do. @default none */
  readonly secrets?: readonly string[] | undefined;
  /** @default none */
  readonly log?: Logger | undefined;
}

const idPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const defaultLinger = 5000; // milliseconds

/** The source that options name. Throws a `TypeError` or a `RangeError` for options that cannot be. */
export function checkOptions({ id = "camera", source = "testcard:", ...options }: CameraOptions): Source {
  const { onDemand, loop, fps, warmup = 0, secrets = [] } = options;
  if (!idPattern.test(id)) {
    throw new TypeError(`Cannot name a camera "${id}": use a-z, 0-9, "_" and "-", at most 63, a letter or digit first`);
  }
  const what: Source = typeof source === "string" ? parseSource(source) : { kind: "command", argv: source };
  const described = redactor(secrets)(describeSource(what));
  const cannot = `Cannot start camera "${id}"`;
  if (loop && !canLoop(what)) {
    throw new TypeError(`${cannot} in a loop: ${described} is no file; only a file can be played again`);
  }
  if (onDemand !== undefined && onDemand !== false && !canStart(what)) {
    const why = `${described} comes by itself; only what teecam starts can wait`;
    throw new TypeError(`${cannot} on demand: ${why}`);
  }
  if (fps !== undefined && !(fps > 0)) throw new RangeError(`${cannot}: fps is above 0, not ${fps}`);
  if (!(Number.isInteger(warmup) && warmup >= 0)) {
    throw new RangeError(`${cannot}: warmup is a number of frames, 0 or more, not ${warmup}`);
  }
  return what;
}

/** Milliseconds for which a source runs on without a viewer; undefined where it always runs. */
export function idleTimeoutOf({ onDemand = false }: CameraOptions): number | undefined {
  if (onDemand === false) return undefined;
  return onDemand === true ? defaultLinger : onDemand;
}
