import type { Logger } from "../log.ts";
import type { PredictorSource } from "../predict/source.ts";
import { redactor } from "../redact.ts";
import { describeSource, parseSource, unsupportedSettings } from "../source/registry.ts";
import type { Argv, SourceSpec } from "../source/source.ts";

/** Options for a camera. Times are milliseconds. */
export interface CameraOptions {
  /** Its name in URLs: `[a-z0-9][a-z0-9_-]{0,62}`. @default "camera" */
  readonly id?: string | undefined;
  /** Where its pictures come from, as the command line takes it, or a program with its arguments. @default the test card */
  readonly source?: string | Argv | undefined;
  /** Largest frame taken, in bytes. @default 8 MiB */
  readonly maxFrameSize?: number | undefined;
  /** Runs its source only while somebody watches, and this long after the last viewer; `true` is 5000. @default false */
  readonly onDemand?: boolean | number | undefined;
  /** Plays a file again and again. @default false */
  readonly loop?: boolean | undefined;
  /** The most frames a second, evenly in time, for all viewers together. @default all frames, 240 at most */
  readonly fps?: number | undefined;
  /** Frames thrown away at the start of each run, before a sensor has found its exposure. @default 0 */
  readonly warmup?: number | undefined;
  /** A run is stalled after this time without a first frame, and is ended after twice that. @default `stallAfter` */
  readonly firstFrameAfter?: number | undefined;
  /** The same from the first frame on, or five periods of the source if that is longer. @default 5000 */
  readonly stallAfter?: number | undefined;
  /** Variables for its program, or for ffmpeg, besides those of this process; their values are kept out of logs. @default none */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The predictor for all viewers: `motion`, a program, or a module. @default none */
  readonly predict?: PredictorSource | undefined;
  /** Predictors that a viewer may choose by name; each viewer gets one of its own. @default none */
  readonly predictors?: Readonly<Record<string, PredictorSource>> | undefined;
  /** Texts that must not appear in logs, states and errors; passwords in URLs never do. @default none */
  readonly secrets?: readonly string[] | undefined;
  /** @default none */
  readonly log?: Logger | undefined;
}

const idPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const defaultIdleTimeout = 5000; // milliseconds

/** Returns the source that the options name. Throws a `TypeError` or a `RangeError` for options that cannot be. */
export function checkOptions({ id = "camera", source = "testcard:", ...options }: CameraOptions): SourceSpec {
  const { onDemand, loop, fps, warmup = 0, secrets = [] } = options;
  if (!idPattern.test(id)) {
    throw new TypeError(`Cannot name a camera "${id}": use a-z, 0-9, "_" and "-", at most 63, a letter or digit first`);
  }
  const spec = parseSource(source);
  const described = redactor(secrets)(describeSource(spec));
  const unsupported = unsupportedSettings(spec, { loop, onDemand });
  const cannot = `Cannot start camera "${id}"`;
  if (unsupported.includes("loop")) {
    throw new TypeError(`${cannot} in a loop: ${described} is no file; only a file can be played again`);
  }
  if (unsupported.includes("onDemand")) {
    const why = `${described} comes by itself; only what teecam starts can wait`;
    throw new TypeError(`${cannot} on demand: ${why}`);
  }
  if (fps !== undefined && !(fps > 0)) throw new RangeError(`${cannot}: fps is above 0, not ${fps}`);
  if (!(Number.isInteger(warmup) && warmup >= 0)) {
    throw new RangeError(`${cannot}: warmup is a number of frames, 0 or more, not ${warmup}`);
  }
  return spec;
}

/** Returns for how many milliseconds a source runs on without a viewer; undefined where it always runs. */
export function idleTimeoutOf({ onDemand = false }: CameraOptions): number | undefined {
  if (onDemand === false) return undefined;
  return onDemand === true ? defaultIdleTimeout : onDemand;
}
