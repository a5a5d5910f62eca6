import type { Logger } from "../log.ts";
import type { PredictorSource } from "../predict/source.ts";
import { redactor } from "../redact.ts";
import { describeSource, parseSource, unsupportedSettings } from "../source/registry.ts";
import type { Argv, SourceSpec } from "../source/source.ts";

/**
 * Options for a {@link Camera}. Times are milliseconds.
 *
 * @example
 * ```ts
 * const yard = camera({ id: "yard", source: "rtsp://10.0.0.7/stream1", fps: 10, onDemand: 30_000, predict: "motion" });
 * ```
 */
export interface CameraOptions {
  /** Name in URLs: `[a-z0-9][a-z0-9_-]{0,62}`. @default "camera" */
  readonly id?: string | undefined;
  /** Source of the pictures, as on the command line, or a program and its arguments. @default the test card */
  readonly source?: string | Argv | undefined;
  /** Maximum size of a frame in bytes; larger ones are skipped. @default 8 MiB */
  readonly maxFrameSize?: number | undefined;
  /** Runs the source only while there are readers, and this long after the last one; `true` is 5000. @default false */
  readonly onDemand?: boolean | number | undefined;
  /** Plays a file over and over again. @default false */
  readonly loop?: boolean | undefined;
  /** Maximum frames per second for all readers, evenly spaced. @default all frames */
  readonly fps?: number | undefined;
  /** Frames to discard at the start of each run, while a sensor adjusts its exposure. @default 0 */
  readonly warmup?: number | undefined;
  /** Time without a first frame after which a run has stalled; after twice that it is restarted. @default `stallAfter` */
  readonly firstFrameAfter?: number | undefined;
  /** The same after the first frame, or five frame periods if that is longer. @default 5000 */
  readonly stallAfter?: number | undefined;
  /** Additional environment variables for the source's program. Their values never appear in logs. @default none */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Predictor for all viewers: `motion`, a program, or a module. @default none */
  readonly predict?: PredictorSource | undefined;
  /** Predictors that a viewer can choose by name; each viewer gets a process of its own. @default none */
  readonly predictors?: Readonly<Record<string, PredictorSource>> | undefined;
  /** Texts to redact from logs, states and errors, besides passwords in URLs. @default none */
  readonly secrets?: readonly string[] | undefined;
  /** Gets the events of the camera. @default none */
  readonly log?: Logger | undefined;
}

const idPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const defaultIdleTimeout = 5000; // milliseconds

/** Checks the options, and returns the source. Throws a `TypeError` or a `RangeError` for invalid options. */
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
    throw new TypeError(`${cannot} in a loop: ${described} is not a file`);
  }
  if (unsupported.includes("onDemand")) {
    throw new TypeError(`${cannot} on demand: ${described} is not started by teecam`);
  }
  if (fps !== undefined && !(fps > 0)) throw new RangeError(`${cannot}: fps must be above 0, not ${fps}`);
  if (!(Number.isInteger(warmup) && warmup >= 0)) {
    throw new RangeError(`${cannot}: warmup must be a whole number of frames, 0 or more, not ${warmup}`);
  }
  return spec;
}

/** Returns the milliseconds for which a source continues without a reader; undefined if it always runs. */
export function idleTimeoutOf({ onDemand = false }: CameraOptions): number | undefined {
  if (onDemand === false) return undefined;
  return onDemand === true ? defaultIdleTimeout : onDemand;
}
