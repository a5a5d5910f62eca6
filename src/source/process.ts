import { Failure, summarize } from "../failure.ts";
import { redactor } from "../redact.ts";
import { joinRecords, lastWords } from "./records.ts";
import type { Argv } from "./source.ts";
import { StderrTail } from "./stderr-tail.ts";

/** A running program, in a process group of its own. */
export interface Process {
  /** Standard output. The caller of {@link Spawn} reads it to its end or cancels it. */
  readonly stdout: ReadableStream<Uint8Array>;
  /** Standard error. The caller reads it to its end or cancels it. */
  readonly stderr: ReadableStream<Uint8Array>;
  /** Standard input, if requested. The caller closes or aborts it. */
  readonly stdin?: WritableStream<Uint8Array> | undefined;
  /** Warning that it would outlive a crash of this process, and why; given once per runtime. */
  readonly unguarded?: string | undefined;
  /** Settles with the exit status. Never rejects. */
  readonly exited: Promise<ExitStatus>;
  /** Sends a signal to the whole process group; has no effect once that has ended. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/** How a process ended: with an exit code, or by a signal. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Options for {@link Spawn}. */
export interface SpawnOptions {
  /** Environment variables, in addition to those of this process. @default none */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Working directory. @default that of this process */
  readonly cwd?: string | undefined;
  /** Opens its standard input. @default false, it has none */
  readonly stdin?: boolean | undefined;
}

/** Starts a program without a shell. Rejects if it cannot be started: `ffmpeg: command not found`. */
export type Spawn = (argv: Argv, options?: SpawnOptions) => Promise<Process>;

/** Options for running a module of teecam as a program. */
export interface ProgramOptions {
  /** Maximum bytes of its heap. @default the limit of the runtime */
  readonly memory?: number | undefined;
  /** Grants it all permissions of this process, where a runtime has permissions. @default false */
  readonly trusted?: boolean | undefined;
  /** The module that it will import, which may be TypeScript even if the runtime cannot run that. @default none */
  readonly imports?: URL | undefined;
}

/** Options for {@link command}. */
export interface CommandOptions {
  readonly spawn: Spawn;
  /** Environment variables, in addition to those of this process; their values are treated as secrets. @default none */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Creates the error of a program that has failed, from its last lines with secrets redacted. @default {@link exitFailure} */
  readonly failure?: typeof exitFailure | undefined;
  /** Returns what is written to its standard input, at each start; it is cancelled when the program has ended. @default none */
  readonly input?: (() => ReadableStream<Uint8Array>) | undefined;
  /** Called with each line of the program's standard error, with secrets redacted; a traceback is one line. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Called with the warning that the program would outlive a crash of this process. */
  readonly onWarning?: ((line: string) => void) | undefined;
}

const grace = 1000; // milliseconds between SIGTERM and SIGKILL

/**
 * Returns a function that starts a program and returns its standard output.
 *
 * The stream closes when the program exits with code 0; otherwise it errors with the last lines of its standard error.
 * Cancelling it, or aborting `signal`, ends the program and all its child processes. A run waits until the previous one
 * has ended, because a camera can only be opened once.
 */
export function command(argv: Argv, options: CommandOptions) {
  const { spawn, env = {}, failure = exitFailure, input, onLine, onWarning } = options;
  const redact = redactor(Object.values(env));
  let previous: Promise<unknown> = Promise.resolve();

  return async (signal: AbortSignal): Promise<ReadableStream<Uint8Array>> => {
    await previous;
    signal.throwIfAborted();
    const process = await spawn(argv, { env, stdin: input !== undefined }).catch((cause) => {
      throw startFailure(cause);
    });
    previous = process.exited;
    if (process.unguarded) onWarning?.(process.unguarded);
    const end = () => void endProcess(process);
    signal.addEventListener("abort", end, { once: true });
    void process.exited.then(() => {
      signal.removeEventListener("abort", end);
      process.kill("SIGKILL"); // child processes left behind, which may keep its output open
    });
    if (signal.aborted) end(); // aborted while the program was starting
    if (input && process.stdin) writeInput(input(), process.stdin, process.exited);

    const records = onLine && joinRecords(onLine);
    const tail = new StderrTail({ redact, onLine: records?.take });
    const stderrEnd = process.stderr
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
          await stderrEnd;
          if (status.code === 0) return controller.close();
          controller.error(failure(argv[0], status, tail.lines));
        },
        async cancel(reason) {
          await Promise.all([endProcess(process), reader.cancel(reason)]);
        },
      },
      { highWaterMark: 0 },
    );
  };
}

/** Writes the input of a program until one of both ends; its exit tells why writing failed. */
function writeInput(
  input: ReadableStream<Uint8Array>,
  stdin: WritableStream<Uint8Array>,
  exited: Promise<unknown>,
): void {
  const end = new AbortController();
  void exited.then(() => end.abort()); // otherwise the descriptor stays open, and the input is not cancelled
  void input.pipeTo(stdin, { signal: end.signal }).catch(() => {});
}

/** Ends a process and all its child processes: SIGTERM, then SIGKILL after a second. Settles when it has exited. */
export async function endProcess(process: Process): Promise<void> {
  process.kill("SIGTERM");
  const timer = setTimeout(() => process.kill("SIGKILL"), grace);
  await process.exited;
  clearTimeout(timer);
  process.kill("SIGKILL"); // a child process may have ignored SIGTERM
}

/** Returns the failure of a program that could not be started: `ffmpeg: command not found`. */
export function startFailure(cause: unknown): Failure {
  const why = summarize(cause);
  const summary = why === undefined ? "program cannot be started" : `program cannot be started: ${why}`;
  return new Failure(cause instanceof Error ? cause.message : String(cause), { summary, cause });
}

/** Returns the failure of a program that has ended: how, and the last lines that it wrote to its standard error. */
export function exitFailure(program: string, { code, signal }: ExitStatus, lines: readonly string[]): Failure {
  const how = signal ? `was ended by ${signal}` : `exited with code ${code}`;
  const name = program.slice(program.lastIndexOf("/") + 1);
  const message = [`${name} ${how}`, ...lastWords(lines)].join(lines.length ? ": " : "").replaceAll("\n", " ");
  return new Failure(message, { summary: `program ${how}` });
}
