import type { Logger } from "../log.ts";
import type { PredictorSource } from "../predict/source.ts";
import { redactor } from "../redact.ts";
import type { FfmpegSettings } from "../source/ffmpeg/spec.ts";
import { describeSource, parseSource, settingNeeds, unsupportedSettings } from "../source/registry.ts";
import type { Argv, SourceSpec } from "../source/source.ts";
import { cropPattern, type EditOptions, resizePattern } from "./edit.ts";

/** Options for a camera. Times are milliseconds. */
export interface CameraOptions
  extends Pick<FfmpegSettings, "rtspTransport" | "inputFormat" | "size" | "quality">,
    EditOptions {
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
  /** The most frames a second, evenly in time, for all viewers together. @default all frames */
  readonly fps?: number | undefined;
  /** Frames thrown away at the start of each run, before a sensor has found its exposure. @default 0 */
  readonly warmup?: number | undefined;
  /** Time from one picture of the source to the next, where they are far apart; deadlines follow from it. @default it is learnt */
  readonly every?: number | undefined;
  /**
   * A run is stalled after this time without a first frame, and is ended after twice that.
   *
   * @default `stallAfter`, at least 20000 for network streams that ffmpeg reads
   */
  readonly firstFrameAfter?: number | undefined;
  /** The same from the first frame on, or five periods of the source if that is longer. @default 5000, at least 2.5 `every` */
  readonly stallAfter?: number | undefined;
  /** Folder in which its programs run. @default that of this process */
  readonly cwd?: string | undefined;
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
  const { fps, warmup = 0, every, quality, secrets = [] } = options;
  if (!idPattern.test(id)) {
    throw new TypeError(`Cannot name a camera "${id}": use a-z, 0-9, "_" and "-", at most 63, a letter or digit first`);
  }
  const spec = parseSource(source);
  const described = redactor(secrets)(describeSource(spec));
  const unsupported = unsupportedSettings(spec, options);
  const cannot = `Cannot start camera "${id}"`;
  if (unsupported.includes("loop")) {
    throw new TypeError(`${cannot} in a loop: ${described} is no file; only a file can be played again`);
  }
  if (unsupported.includes("onDemand")) {
    const why = `${described} comes by itself; only what teecam starts can wait`;
    throw new TypeError(`${cannot} on demand: ${why}`);
  }
  for (const name of unsupported) throw new TypeError(`${cannot} with ${name}: ${settingNeeds[name]}`);
  if (fps !== undefined && !(fps > 0)) throw new RangeError(`${cannot}: fps is above 0, not ${fps}`);
  if (!(Number.isInteger(warmup) && warmup >= 0)) {
    throw new RangeError(`${cannot}: warmup is a number of frames, 0 or more, not ${warmup}`);
  }
  if (every !== undefined && !(every > 0)) throw new RangeError(`${cannot}: every is a time above 0, not ${every}`);
  if (quality !== undefined && !(quality >= 1 && quality <= 100)) {
    throw new RangeError(`${cannot}: quality goes from 1 to 100, not ${quality}`);
  }
  checkEdits(options, cannot);
  return spec;
}

function checkEdits({ crop, rotate = 0, flip, resize }: EditOptions, cannot: string): void {
  if (crop !== undefined && !cropPattern.test(crop)) {
    throw new TypeError(`${cannot}: crop is WIDTHxHEIGHT+LEFT+TOP in pixels, not ${crop}`);
  }
  if (![0, 90, 180, 270].includes(rotate)) throw new RangeError(`${cannot}: rotate is 90, 180 or 270, not ${rotate}`);
  if (flip !== undefined && flip !== "horizontal" && flip !== "vertical") {
    throw new TypeError(`${cannot}: flip is horizontal or vertical, not ${flip}`);
  }
  if (resize !== undefined && !resizePattern.test(resize)) {
    throw new TypeError(`${cannot}: resize is 640x480, 640x or x480, not ${resize}`);
  }
}

/** Returns for how many milliseconds a source runs on without a viewer; undefined where it always runs. */
export function idleTimeoutOf({ onDemand = false }: CameraOptions): number | undefined {
  if (onDemand === false) return undefined;
  return onDemand === true ? defaultIdleTimeout : onDemand;
}

const defaultStallAfter = 5000; // milliseconds

/** Returns the deadlines of a camera; `slowStart` is how long the first frame of its source may well take. */
export function deadlinesOf(
  { every = 0, stallAfter = Math.max(defaultStallAfter, 2.5 * every), firstFrameAfter }: CameraOptions,
  slowStart = 0,
): { firstAfter: number; stallAfter: number } {
  return { stallAfter, firstAfter: firstFrameAfter ?? Math.max(stallAfter, slowStart) };
}
