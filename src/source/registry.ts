import { throttle } from "../throttle.ts";
import { ffmpeg } from "./ffmpeg.ts";
import { http } from "./http.ts";
import { command, type ProgramLimits, type Spawn } from "./process.ts";
import type { PushSource } from "./push.ts";
import type { Argv, Source } from "./source.ts";
import { type Dial, dial, type Listen, listen } from "./tcp.ts";

/** What a source needs of the runtime. */
export interface CaptureRuntime {
  readonly spawn: Spawn;
  readonly listen: Listen;
  readonly dial: Dial;
  /** Standard input; it can be read once. */
  readonly stdin: () => ReadableStream<Uint8Array>;
  /** The command line that runs a module of ours as a program of its own. */
  readonly program: (module: URL, limits?: ProgramLimits) => Argv;
}

/** What {@link capture} is handed. */
export interface CaptureOptions extends CaptureRuntime {
  /** Plays a file again and again. @default false */
  readonly loop?: boolean | undefined;
  /** Variables for the program of a source, besides those of this process. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Closes what a source keeps open from run to run, such as a listening socket. */
  readonly signal: AbortSignal;
  /** Where a source that is pushed comes in. */
  readonly pushSource?: PushSource | undefined;
  /** Hears every line that a program writes to its standard error. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Hears what a person should know: writers turned away, at most one a second, and programs that may outlive this one. */
  readonly onWarning?: ((line: string) => void) | undefined;
}

/**
 * Starts one run of a source: its bytes, JPEGs one after the other or multipart.
 *
 * Resolves once there is somebody to read from, rejects when there cannot be. The stream belongs to the caller;
 * cancelling it, or aborting `signal`, ends the run and all it has started. It closes when the source ends well and
 * errors otherwise.
 */
export type Run = (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;

/** Opens a source: what comes back starts one run of it each time it is called, one at a time. */
export function capture(source: Source, options: CaptureOptions): Run {
  const { onWarning } = options;
  switch (source.kind) {
    case "testcard":
      return command([...options.program(testcard), source.size], options);
    case "command":
      return command(source.argv, options);
    case "ffmpeg":
      return ffmpeg(source, options);
    case "listen":
      return listen(source, {
        ...options,
        onRefuse: throttle((remote, leftOut) => {
          const more = leftOut > 0 ? `, as were ${leftOut} before it` : "";
          onWarning?.(`the writer ${remote} was turned away${more}: another one is writing`);
        }),
      });
    case "dial":
      return dial(source, options);
    case "push":
      return pushed(options);
    case "http":
      return http(source.url);
    case "stdin":
      return async () => options.stdin();
  }
}

/** What is pushed comes as from a listening socket. */
function pushed({ pushSource, signal }: CaptureOptions): Run {
  if (!pushSource) throw new TypeError("Cannot capture what is pushed: there is no inlet");
  return listen({ hostname: "push", port: 0 }, { listen: pushSource.listen, signal });
}

// The build renames modules to .js, and this one is named in a string it does not see.
const testcard = new URL(`../testcard/main${import.meta.url.slice(import.meta.url.lastIndexOf("."))}`, import.meta.url);
