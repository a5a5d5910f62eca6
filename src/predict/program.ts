import { Failure } from "../failure.ts";
import type { Frame } from "../media/frame.ts";
import { redactor } from "../redact.ts";
import { endProcess, exitFailure, type Spawn, startFailure } from "../source/process.ts";
import type { Argv } from "../source/source.ts";
import { StderrTail } from "../source/stderr-tail.ts";
import { readOutput } from "./output.ts";
import type { Predict } from "./predictor-stream.ts";
import { type RejectedLines, ResponseReader, type ResponseReaderOptions } from "./response-reader.ts";
import { defaultMaxSize } from "./result.ts";

/** Options for {@link startProgram}. */
export interface ProgramOptions {
  readonly spawn: Spawn;
  /** Name of the camera, sent with every frame. */
  readonly camera: string;
  /** Ends the program and all its child processes when it is aborted. */
  readonly signal: AbortSignal;
  /** Environment variables, in addition to those of this process. @default none */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Text written to its standard input before the first frame. @default none */
  readonly handshake?: string | undefined;
  /** Maximum bytes of one answer. @default 256 KiB */
  readonly maxSize?: number | undefined;
  /** Reads a line. @default as {@link ResponseReader} has it */
  readonly read?: ResponseReaderOptions["read"] | undefined;
  /** Called with each line of its standard error, with secrets redacted. */
  readonly onLine: (line: string) => void;
  /** Called with lines of its standard output that are no answer. */
  readonly onRejected: (lines: RejectedLines) => void;
}

/** A running predictor program. */
export interface Program {
  /** Sends it one frame and yields its answers. */
  readonly predict: Predict;
  /** Aborted when the program can take no more frames, with the reason. */
  readonly over: AbortSignal;
  /** Settles when the process has exited. */
  readonly gone: Promise<unknown>;
}

const maxInvalidBytes = 4 * 1024 * 1024; // consecutive bytes of output without an answer
const stderrGrace = 500; // milliseconds to wait for the end of standard error after the exit
const encoder = new TextEncoder();

/**
 * Starts a predictor program, which can be written in any language.
 *
 * For each frame it receives one line of JSON on standard input (`camera`, `sequence`, `timestamp`, `width`, `height`,
 * `length`) and `length` bytes of JPEG, and answers with one line of JSON on standard output, in the format of
 * {@link ResponseReader}. Its standard error is logged, and the last lines of it are part of the reason in `over`.
 * Rejects if the program cannot be started.
 */
export async function startProgram(argv: Argv, options: ProgramOptions): Promise<Program> {
  const { spawn, camera, signal, env = {}, handshake, maxSize = defaultMaxSize, onLine, read } = options;
  const process = await spawn(argv, { env, stdin: true }).catch((cause) => {
    throw startFailure(cause);
  });
  const end = () => void endProcess(process);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end(); // aborted while the program was starting

  const over = new AbortController();
  let isOutOfMemory = false;
  const tail = new StderrTail({
    redact: redactor(Object.values(env)),
    onLine(line) {
      isOutOfMemory ||= /\bout of memory\b|^MemoryError\b/i.test(line);
      onLine(line);
    },
  });
  if (process.unguarded) onLine(process.unguarded);
  const input = process.stdin?.getWriter();
  input?.closed.catch(() => {});
  const stderrLimit = new AbortController();
  const stderrEnd = process.stderr.pipeTo(tail, { signal: stderrLimit.signal }).catch(() => {});
  const gone = process.exited.then(async (status) => {
    signal.removeEventListener("abort", end);
    process.kill("SIGKILL"); // child processes that it left behind
    void input?.abort().catch(() => {}); // otherwise the descriptor stays open until garbage collection
    const timer = setTimeout(() => stderrLimit.abort(), stderrGrace); // a child in its own process group may keep it open
    await stderrEnd;
    clearTimeout(timer);
    if (isOutOfMemory) over.abort(new Failure("ran out of memory"));
    else over.abort(exitFailure(argv[0], status, tail.lines));
  });

  let invalidBytes = 0; // consecutive
  let rejected = "";
  const onRejected = (lines: RejectedLines) => {
    rejected = lines.beginning;
    options.onRejected(lines);
  };
  const onBytes = (bytes: number) => {
    invalidBytes += bytes;
    if (invalidBytes <= maxInvalidBytes) return;
    const summary = `more than ${maxInvalidBytes / 1024 ** 2} MiB of output without an answer`;
    over.abort(new Failure(`${summary}: ${rejected}`, { summary }));
  };
  const responses = new ResponseReader({ bounds: { maxSize }, read, onRejected });
  void readOutput(process.stdout, { responses, maxLength: maxSize, onRejected, onBytes, signal: over.signal });

  const write = async (bytes: Uint8Array) => input?.write(bytes).catch(() => {}); // the exit of the program tells why writing failed
  if (handshake) void write(encoder.encode(handshake));

  async function* predict(frame: Frame): AsyncGenerator<unknown, void> {
    const { sequence, timestamp, width, height, data } = frame;
    responses.ask(frame);
    void write(
      encoder.encode(`${JSON.stringify({ camera, sequence, timestamp, width, height, length: data.length })}\n`),
    );
    const written = write(data);
    for (;;) {
      const { result, done } = await responses.next();
      invalidBytes = 0;
      if (result !== undefined) yield result;
      if (done) return void (await written); // or frames would pile up if it answers without reading them
    }
  }
  return { predict, over: over.signal, gone };
}
