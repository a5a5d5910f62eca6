import type { FfmpegSettings } from "./ffmpeg/spec.ts";
import type { HttpOptions } from "./http/options.ts";
import type { ProgramOptions, Spawn } from "./process.ts";
import type { Argv, SourceRunner, SourceSpec } from "./source.ts";
import type { Spelling } from "./spelling.ts";
import type { Connect, Dial, Listen } from "./tcp.ts";

/** The parts of the runtime that sources need; an adapter provides them. */
export interface SourceRuntime {
  readonly spawn: Spawn;
  readonly listen: Listen;
  readonly dial: Dial;
  readonly connect: Connect;
  /** Opens standard input; it can be read once. */
  readonly stdin: () => ReadableStream<Uint8Array>;
  /** Returns the command line that runs a module of teecam as a program. */
  readonly program: (module: URL, options?: ProgramOptions) => Argv;
}

/** Options for {@link createSource}. */
export interface SourceOptions extends SourceRuntime, FfmpegSettings {
  /** Plays a file over and over again. @default false */
  readonly loop?: boolean | undefined;
  /** Environment variables for the program of a source, in addition to those of this process. @default none */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Options of requests to an HTTP server. @default none */
  readonly http?: HttpOptions | undefined;
  /** Milliseconds between requests for single pictures. @default 200 */
  readonly interval?: number | undefined;
  /** Maximum size of a frame in bytes. @default 8 MiB */
  readonly maxFrameSize?: number | undefined;
  /** Maximum frames per second, and at once; of more, only the newest is kept. @default 240 */
  readonly maxRate?: number | undefined;
  /** Called with each line that a program writes to its standard error. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Called with warnings: a refused writer, at most once per second, and a program that may outlive this process. */
  readonly onWarning?: ((line: string) => void) | undefined;
}

/** Options for {@link Driver.create}. */
export interface DriverOptions extends SourceOptions {
  /** Aborted to close what is kept open between runs, such as a listening socket. */
  readonly signal: AbortSignal;
}

/**
 * One kind of source: parses, describes and runs it. `S` is its specification.
 *
 * A new kind is a file in `drivers/` and a line in the table of `registry.ts`. Optional members default to `false`. All
 * members are methods, so that drivers of different kinds fit into one table; each gets only its own specifications.
 *
 * @example
 * ```ts
 * export const stdin: Driver<StdinSpec> = {
 *   kind: "stdin",
 *   parse: ({ text }) => (text === "-" ? { kind: "stdin" } : undefined),
 *   describe: () => "standard input",
 *   hasEnd: () => true,
 *   create: (_, options) => new ParsedRuns(async () => options.stdin(), options),
 * };
 * ```
 */
export interface Driver<S extends SourceSpec = SourceSpec> {
  readonly kind: S["kind"];
  /**
   * Parses a source as written on the command line; returns undefined if it is of another kind. Omitted by a kind that is
   * never written as one string.
   *
   * Throws the `TypeError` of `invalidSource` if the source is of this kind but invalid.
   */
  parse?(spelling: Spelling): S | undefined;
  /** Describes a source in one line, without the secrets in its URL. */
  describe(spec: S): string;
  /** Creates the runner of a source; opens and starts nothing before the first run. */
  create(spec: S, options: DriverOptions): SourceRunner;
  /** Returns true if a run that closes is the last one. */
  hasEnd?(spec: S): boolean;
  /** Returns true if it can be played over and over again. */
  canLoop?(spec: S): boolean;
  /** Returns true if teecam starts its runs, so that it can run on demand; false if a writer connects by itself. */
  canStart?(spec: S): boolean;
  /** Returns true if each run waits for a writer, without a deadline. */
  awaited?(spec: S): boolean;
  /** Returns the milliseconds that the first frame may take, if longer than between two frames. */
  firstFrameAfter?(spec: S): number | undefined;
  /** Returns the medium that settings depend on: `device`, `rtsp`. */
  medium?(spec: S): string;
  /** Returns the path of the file that it reads, if any; a `*` in its last part stands for any characters. */
  path?(spec: S): string | undefined;
  /** Returns true if {@link HttpOptions} apply. */
  usesHttp?(spec: S): boolean;
}
