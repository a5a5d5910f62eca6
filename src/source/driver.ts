import type { FfmpegSettings } from "./ffmpeg/spec.ts";
import type { HttpOptions } from "./http/options.ts";
import type { ProgramLimits, Spawn } from "./process.ts";
import type { Argv, Runs, SourceSpec } from "./source.ts";
import type { Spelling } from "./spelling.ts";
import type { Connect, Dial, Listen } from "./tcp.ts";

/** Lists what sources need of the runtime; an adapter provides it. */
export interface SourceRuntime {
  readonly spawn: Spawn;
  readonly listen: Listen;
  readonly dial: Dial;
  readonly connect: Connect;
  /** Standard input; it can be read once. */
  readonly stdin: () => ReadableStream<Uint8Array>;
  /** The command line that runs a module of ours as a program of its own. */
  readonly program: (module: URL, limits?: ProgramLimits) => Argv;
}

/** Options for a source of any kind, together with the runtime. */
export interface SourceOptions extends SourceRuntime, FfmpegSettings {
  /** Plays a file again and again. @default false */
  readonly loop?: boolean | undefined;
  /** Variables for the program of a source, besides those of this process. @default none */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** How to ask an HTTP server. @default as a browser would */
  readonly http?: HttpOptions | undefined;
  /** Milliseconds from one picture to the next, for those that are asked for one by one. @default 200 */
  readonly interval?: number | undefined;
  /** Bytes of the largest frame that is delivered. @default 8 MiB */
  readonly maxFrameSize?: number | undefined;
  /** Frames a second, and at once, above which the newest takes the place of the others. @default 240 */
  readonly maxRate?: number | undefined;
  /** Called for every line that a program writes to its standard error. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Called with what a person should know: writers turned away, at most one a second, and programs that may outlive this one. */
  readonly onWarning?: ((line: string) => void) | undefined;
}

/** Options for a driver. */
export interface DriverOptions extends SourceOptions {
  /** Closes what a source keeps open from run to run, such as a listening socket. */
  readonly signal: AbortSignal;
}

/**
 * Knows one kind of source: how it is written, described and run. `S` is its specification.
 *
 * A new kind is a file in `drivers/` and a line in the table of `registry.ts`. What a driver leaves out is `false`.
 * The members are methods, so that the drivers of all kinds fit into one table; each gets only its own specifications.
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
   * Reads a source as a person writes it; undefined when the spelling is another driver's. A kind that is never written as
   * one text leaves this out.
   *
   * Throws the `TypeError` of `invalidSource` when the spelling is its own and is wrong.
   */
  parse?(spelling: Spelling): S | undefined;
  /** Names a source in one line, without the secrets in its URL. */
  describe(spec: S): string;
  /** Prepares a source; nothing is opened or started before its first run. */
  create(spec: S, options: DriverOptions): Runs;
  /** Whether a run that ends well is the last one. */
  hasEnd?(spec: S): boolean;
  /** Whether it can be played again and again from its beginning. */
  canLoop?(spec: S): boolean;
  /** Whether a run starts when teecam wants it, so that it can run on demand; false when its writer comes by itself. */
  canStart?(spec: S): boolean;
  /** Whether each run waits for a writer, without a deadline. */
  awaited?(spec: S): boolean;
  /** Milliseconds that its first frame may well take, where that is longer than between two frames. */
  firstFrameAfter?(spec: S): number | undefined;
  /** What kind of thing it reads, where settings depend on that: `device`, `rtsp`. */
  medium?(spec: S): string;
  /** The path of what it reads, if that is a file; a `*` in its last part stands for any characters. */
  path?(spec: S): string | undefined;
  /** Whether it asks an HTTP server, so that {@link HttpOptions} make sense. */
  usesHttp?(spec: S): boolean;
}
