import type { Context } from "hono";
import type { Connection } from "../session/connection.ts";
import type { ProgramOptions, Spawn } from "../source/process.ts";
import type { Argv } from "../source/source.ts";
import type { Connect, Dial, Listen } from "../source/tcp.ts";
import type { Serve, ServeInto, UpgradeWebSocket } from "./serve.ts";

/**
 * Everything teecam asks of a JavaScript runtime. Each runtime's `adapter.ts` exports one as `adapter`, and package.json
 * chooses among them under the name `#adapter`.
 *
 * Members are plain functions and values: they may be destructured and passed on.
 */
export interface Adapter extends CurrentProcess {
  /** Serves an app over HTTP and WebSocket. */
  readonly serve: Serve;
  /** Serves an app on a server of the host, of `node:http`. */
  readonly serveInto: ServeInto;
  /** Returns what accepts WebSockets, of these subprotocols, of servers of the host: after {@link serveInto}, and of `Deno.serve`. */
  readonly upgradeWebSocket: (protocols: readonly string[]) => UpgradeWebSocket;
  /** Returns what the runtime knows of a request's connection; an empty object if that is nothing. */
  readonly connection: (context: Context) => Connection;

  /** Starts a program in a process group of its own, which is killed when this process ends. */
  readonly spawn: Spawn;
  /**
   * Has another process kill this one by SIGKILL after so many milliseconds, unless it has ended by then: also when its own
   * timers do not run any more. Does nothing where no such process can be started.
   */
  readonly killAfter: (milliseconds: number) => void;
  /** Returns the command line that runs a module of teecam as a program of its own. */
  readonly program: (module: URL, options?: ProgramOptions) => Argv;
  /** Opens a listening TCP socket that sources write to. */
  readonly listen: Listen;
  /** Opens a TCP connection to a source. */
  readonly dial: Dial;
  /** Opens a TCP or TLS connection to a server, to be read and written. */
  readonly connect: Connect;

  /** Returns how many file descriptors this process may open; undefined where the runtime cannot tell. */
  readonly descriptorLimit: () => number | undefined;
}

/** The part of {@link Adapter} that is about this process and its terminal. */
export interface CurrentProcess {
  /** Opens standard input; it can be read once. */
  readonly stdin: () => ReadableStream<Uint8Array>;
  /** Name and version of the runtime, such as `Deno 2.9.5`. */
  readonly runtime: string;
  /** Id of this process. */
  readonly pid: number;
  /** Command-line arguments, without the runtime and the program. */
  readonly args: readonly string[];
  /** Ends this process and kills the process groups that {@link Adapter.spawn} started. */
  readonly exit: (code: number) => never;
  /** Calls `handle` at each SIGINT and SIGTERM, which then no longer end the process. */
  readonly onTerminate: (handle: (signal: "SIGINT" | "SIGTERM") => void) => void;
  /** Calls `handle` at each SIGHUP: a request to reload, or a terminal that was closed. Never called by Deno on Windows. */
  readonly onHangup: (handle: () => void) => void;
  /** Ignores errors of stdout and stderr, so that neither a closed terminal or pipe nor a full disk ends the process. */
  readonly ignoreBrokenPipe: () => void;
  /** Returns the environment variables as they were at the first call. */
  readonly environment: () => Readonly<Record<string, string | undefined>>;
  /** Removes variables from the environment that later programs inherit; {@link environment} still returns them. */
  readonly unsetEnv: (names: readonly string[]) => void;
  /** Returns true if standard error is a terminal. */
  readonly isTerminal: () => boolean;
}
