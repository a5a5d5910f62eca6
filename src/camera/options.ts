import type { Logger } from "../log.ts";
import type { PredictorSource } from "../predict/source.ts";
import { redactor } from "../redact.ts";
import type { FfmpegSettings } from "../source/ffmpeg/spec.ts";
import type { HttpOptions } from "../source/http/options.ts";
import { checkHeaders } from "../source/http/request.ts";
import { describeSource, parseSource, settingNeeds, unsupportedSettings } from "../source/registry.ts";
import type { Argv, SourceSpec } from "../source/source.ts";
import { checkVideo, type VideoOptions } from "../video/options.ts";
import { cropPattern, type EditOptions, resizePattern } from "./edit.ts";

/**
 * Options for a {@link Camera}. Times are milliseconds.
 *
 * @example
 * ```ts
 * const yard = camera({ id: "yard", source: "rtsp://10.0.0.7/stream1", fps: 10, onDemand: 30_000, predict: "motion" });
 * ```
 */
export interface CameraOptions
  extends HttpOptions,
    Pick<FfmpegSettings, "rtspTransport" | "inputFormat" | "size" | "quality">,
    EditOptions {
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
  /** Maximum frames per second for all readers, evenly spaced. @default all frames, 240 at most */
  readonly fps?: number | undefined;
  /**
   * Time from one picture of the source to the next, if that is long: the interval between requests for single pictures, or
   * the duration of a slide. Deadlines depend on it. @default measured; 200 between requests, or according to `fps`
   */
  readonly every?: number | undefined;
  /** Frames to discard at the start of each run, while a sensor adjusts its exposure. @default 0 */
  readonly warmup?: number | undefined;
  /**
   * Time without a first frame after which a run has stalled; after twice that it is restarted.
   *
   * @default `stallAfter`, at least 20000 for network streams that ffmpeg reads
   */
  readonly firstFrameAfter?: number | undefined;
  /** The same after the first frame, or five frame periods if that is longer. @default 5000, at least 2.5 times `every` */
  readonly stallAfter?: number | undefined;
  /** Working directory of its programs. @default that of this process */
  readonly cwd?: string | undefined;
  /** Additional environment variables for the source's program. Their values never appear in logs. @default none */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Predictor for all viewers: `motion`, a program, or a module. @default none */
  readonly predict?: PredictorSource | undefined;
  /** Predictors that a viewer can choose by name; each viewer gets a process of its own. @default none */
  readonly predictors?: Readonly<Record<string, PredictorSource>> | undefined;
  /** Coded pictures (H.264), made by ffmpeg while somebody reads them; `false` for none. @default `{}` */
  readonly video?: VideoOptions | false | undefined;
  /** Texts to redact from logs, states and errors, besides passwords in URLs. @default none */
  readonly secrets?: readonly string[] | undefined;
  /** Gets the events of the camera. @default none */
  readonly log?: Logger | undefined;
}

const idPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const defaultIdleTimeout = 5000; // milliseconds

/** Checks the options, and returns the source. Throws a `TypeError` or a `RangeError` for invalid options. */
export function checkOptions({ id = "camera", source = "testcard:", ...options }: CameraOptions): SourceSpec {
  const { fps, warmup = 0, every, quality, secrets = [] } = options;
  if (!idPattern.test(id)) {
    throw new TypeError(`Cannot name a camera "${id}": use a-z, 0-9, "_" and "-", at most 63, a letter or digit first`);
  }
  const cannot = `Cannot start camera "${id}"`;
  const spec = parseFor(cannot, source);
  const described = redactor(secrets)(describeSource(spec));
  const http = httpOptionsOf(options);
  const unsupported = unsupportedSettings(spec, { ...options, http });
  if (unsupported.includes("loop")) {
    throw new TypeError(`${cannot} in a loop: ${described} is not a file`);
  }
  if (unsupported.includes("onDemand")) {
    throw new TypeError(`${cannot} on demand: ${described} is not started by teecam`);
  }
  if (unsupported.includes("http")) {
    throw new TypeError(
      `${cannot}: ${described} is not an HTTP source, so headers, tls and allowLinkLocal have no effect`,
    );
  }
  for (const name of unsupported) throw new TypeError(`${cannot} with ${name}: ${settingNeeds[name]}`);
  const badHeader = checkHeaders(http.headers);
  if (badHeader !== undefined) throw new TypeError(`${cannot}: ${badHeader}`);
  if (every !== undefined && !(every > 0)) throw new RangeError(`${cannot}: every must be above 0 ms, not ${every}`);
  if (fps !== undefined && !(fps > 0)) throw new RangeError(`${cannot}: fps must be above 0, not ${fps}`);
  if (!(Number.isInteger(warmup) && warmup >= 0)) {
    throw new RangeError(`${cannot}: warmup must be a whole number of frames, 0 or more, not ${warmup}`);
  }
  if (quality !== undefined && !(quality >= 1 && quality <= 100)) {
    throw new RangeError(`${cannot}: quality must be from 1 to 100, not ${quality}`);
  }
  checkEdits(options, cannot);
  if (options.video) checkVideo(options.video, cannot);
  return spec;
}

function checkEdits({ crop, rotate = 0, flip, resize }: EditOptions, cannot: string): void {
  if (crop !== undefined && !cropPattern.test(crop)) {
    throw new TypeError(`${cannot}: crop must be WIDTHxHEIGHT+LEFT+TOP in pixels, not ${crop}`);
  }
  if (![0, 90, 180, 270].includes(rotate))
    throw new RangeError(`${cannot}: rotate must be 90, 180 or 270, not ${rotate}`);
  if (flip !== undefined && flip !== "horizontal" && flip !== "vertical") {
    throw new TypeError(`${cannot}: flip must be horizontal or vertical, not ${flip}`);
  }
  if (resize !== undefined && !resizePattern.test(resize)) {
    throw new TypeError(`${cannot}: resize must be 640x480, 640x or x480, not ${resize}`);
  }
}

/** Returns the milliseconds for which a source continues without a reader; undefined if it always runs. */
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

/** Returns those of the options that are about HTTP. */
export function httpOptionsOf({ headers, tls, allowLinkLocal }: CameraOptions): HttpOptions {
  return { headers, tls, allowLinkLocal };
}

const slowest = 5; // frames a second at which single pictures are asked for, unless a slower pace is set

/** Returns how often to ask for single pictures, in milliseconds; undefined where nothing says so. */
export function intervalOf({ every, fps = slowest }: CameraOptions): number | undefined {
  return every ?? (fps < slowest ? 1000 / fps : undefined);
}

function parseFor(cannot: string, source: string | Argv): SourceSpec {
  try {
    return parseSource(source);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`${cannot}: ${why}`, { cause });
  }
}
