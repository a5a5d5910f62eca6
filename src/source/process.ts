import { redactor } from "../redact.ts";
import { joinRecords, lastWords } from "./records.ts";
import type { Argv } from "./source.ts";
import { StderrTail } from "./stderr-tail.ts";

/** A program that has been started, in a process group of its own. */
export interface Process {
  /** Its output. Whoever starts the process reads both to their ends or cancels them. */
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  /** Its standard input if that was asked for. Whoever starts the process closes or aborts it. */
  readonly stdin?: WritableStream<Uint8Array> | undefined;
  /** Says why it would outlive a sudden end of this process, once for each runtime; undefined where it would not. */
  readonly unguarded?: string | undefined;
  /** Settles with its exit status; never rejects. */
  readonly exited: Promise<ExitStatus>;
  /** Sends a signal to the whole process group; does nothing when that is gone. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/** The end of a process: by itself with a code, or by a signal. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Options for {@link Spawn}. */
export interface SpawnOptions {
  /** Variables besides those of this process. @default none */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Folder in which it runs. @default that of this process */
  readonly cwd?: string | undefined;
  /** Opens its standard input; otherwise it has none. @default false */
  readonly stdin?: boolean | undefined;
}

/** Starts a program without a shell; rejects when it cannot be started, for instance `ffmpeg: command not found`. */
export type Spawn = (argv: Argv, options?: SpawnOptions) => Promise<Process>;

/** Limits for a module of ours that is run as a program of its own. */
export interface ProgramLimits {
  /** Bytes of its heap. @default the runtime's own limit */
  readonly memory?: number | undefined;
  /** Grants it all permissions of this process, where the runtime would grant fewer. @default false */
  readonly trusted?: boolean | undefined;
  /** The module that it will import, which may be TypeScript where the runtime itself takes none. @default none */
  readonly imports?: URL | undefined;
}

/** Options for {@link command}. */
export interface CommandOptions {
  readonly spawn: Spawn;
  /** Variables besides those of this process; their values are treated as secrets. @default none */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Says to people why it ended, by its last lines, without secrets. @default {@link describeExit} */
  readonly describe?: typeof describeExit | undefined;
  /** Called for every line that the program writes to its standard error, without secrets; a traceback is one. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Called with the reason why the program would outlive a sudden end of this process, where it would. */
  readonly onWarning?: ((line: string) => void) | undefined;
}

const grace = 1000; // milliseconds between asking a process group to end and ending it

/**
 * Returns a function that starts a program and returns its standard output.
 *
 * The stream closes when the program exits with code 0; otherwise it errors with the last lines of its standard error.
 * Cancelling it, or aborting `signal`, ends the program and all it has started. A run waits until the one before is
 * gone, because a camera can be opened only once.
 */
export function command(argv: Argv, options: CommandOptions) {
  const { spawn, env = {}, describe = describeExit, onLine, onWarning } = options;
  const hide = redactor(Object.values(env));
  let previous: Promise<unknown> = Promise.resolve();

  return async (signal: AbortSignal): Promise<ReadableStream<Uint8Array>> => {
    await previous;
    signal.throwIfAborted();
    const process = await spawn(argv, { env });
    previous = process.exited;
    if (process.unguarded) onWarning?.(process.unguarded);
    const end = () => void endProcess(process);
    signal.addEventListener("abort", end, { once: true });
    void process.exited.then(() => {
      signal.removeEventListener("abort", end);
      process.kill("SIGKILL"); // what it has started and left behind, which may keep its output open
    });
    if (signal.aborted) end(); // it may have happened while the program was being started

    const records = onLine && joinRecords(onLine);
    const tail = new StderrTail({ redact: hide, onLine: records?.take });
    const complaints = process.stderr
      .pipeTo(tail)
      .catch(() => {})
      .then(() => records?.flush());
    const reader = process.stdout.getReader();
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          const status = await process.exited;
          await complaints;
          if (status.code === 0) return controller.close();
          controller.error(new Error(describe(argv[0], status, tail.lines)));
        },
        async cancel(reason) {
          await Promise.all([endProcess(process), reader.cancel(reason)]);
        },
      },
      { highWaterMark: 0 },
    );
  };
}

/** Ends a process and all it has started: SIGTERM, and after a second SIGKILL. Settles when the process is gone. */
export async function endProcess(process: Process): Promise<void> {
  process.kill("SIGTERM");
  const timer = setTimeout(() => process.kill("SIGKILL"), grace);
  await process.exited;
  clearTimeout(timer);
  process.kill("SIGKILL"); // a child of its own may have ignored the first
}

/** Describes to people how a program ended, with the last lines that it wrote to its standard error. */
export function describeExit(program: string, { code, signal }: ExitStatus, lines: readonly string[]): string {
  const how = signal ? `was ended by ${signal}` : `exited with code ${code}`;
  const name = program.slice(program.lastIndexOf("/") + 1);
  return [`${name} ${how}`, ...lastWords(lines)].join(lines.length ? ": " : "").replaceAll("\n", " ");
}
