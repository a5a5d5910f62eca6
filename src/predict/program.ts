import type { Frame } from "../media/frame.ts";
import { redactor } from "../redact.ts";
import { describeExit, endProcess, type Spawn } from "../source/process.ts";
import type { Argv } from "../source/source.ts";
import { StderrTail } from "../source/stderr-tail.ts";
import { LineSplitterStream } from "./line-splitter.ts";
import type { Predict } from "./predictor-stream.ts";
import { type InvalidLines, ResponseReader, type ResponseReaderOptions } from "./response-reader.ts";
import { defaultMaxSize } from "./result.ts";

/** What a predicting program is started with. */
export interface ProgramOptions {
  readonly spawn: Spawn;
  /** The camera's name. */
  readonly camera: string;
  /** Ends the program, and all it has started, when it is aborted. */
  readonly signal: AbortSignal;
  /** Variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Written to its standard input before the first frame. @default nothing */
  readonly handshake?: string | undefined;
  /** Bytes of one answer. @default 256 KiB */
  readonly maxSize?: number | undefined;
  /** What an answer's JSON says. @default it is the result, and the only one */
  readonly read?: ResponseReaderOptions["read"] | undefined;
  /** Hears every line of its standard error, without secrets. */
  readonly onLine: (line: string) => void;
  /** Hears of every line of its standard output that was taken for no answer. */
  readonly onInvalidLine: (kind: keyof InvalidLines, beginning: string) => void;
}

/** A predicting program that runs. */
export interface Program {
  /** Asks it about one frame. */
  readonly predict: Predict;
  /** Aborted when it can be asked no more; the reason says why. */
  readonly over: AbortSignal;
  /** Settles when it is gone. */
  readonly gone: Promise<unknown>;
}

const maxInvalidBytes = 4 * 1024 * 1024; // bytes in a row that are no answer
const stderrGrace = 500; // milliseconds
const encoder = new TextEncoder();

/**
 * Starts a program that predicts, in whatever language.
 *
 * For each frame it gets one JSON line on its standard input (`camera`, `sequence`, `timestamp`, `width`, `height`,
 * `length`) and so many bytes of JPEG, and answers one JSON line on its standard output, as {@link ResponseReader} takes them. What
 * it writes to its standard error is logged, and the last of it explains its end. Rejects when it cannot be started.
 */
export async function startProgram(argv: Argv, options: ProgramOptions): Promise<Program> {
  const { spawn, camera, signal, env = {}, handshake, maxSize = defaultMaxSize, onLine, onInvalidLine } = options;
  const read = options.read ?? ((result) => ({ result, done: true }));
  const process = await spawn(argv, { env, stdin: true });
  const end = () => void endProcess(process);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end(); // it may have happened while the program was being started

  const over = new AbortController();
  let isFull = false;
  const tail = new StderrTail({
    redact: redactor(Object.values(env)),
    onLine(line) {
      isFull ||= /\bout of memory\b|^MemoryError\b/i.test(line);
      onLine(line);
    },
  });
  if (process.unguarded) onLine(process.unguarded);
  const input = process.stdin?.getWriter();
  input?.closed.catch(() => {});
  const silence = new AbortController();
  const complaints = process.stderr.pipeTo(tail, { signal: silence.signal }).catch(() => {});
  const gone = process.exited.then(async (status) => {
    signal.removeEventListener("abort", end);
    process.kill("SIGKILL"); // what it has started and left behind
    void input?.abort().catch(() => {}); // a descriptor that nobody else closes before it is garbage
    const timer = setTimeout(() => silence.abort(), stderrGrace); // one in a process group of its own may keep it open
    await complaints;
    clearTimeout(timer);
    if (isFull) over.abort(new Error("it ran out of memory"));
    else if (status.code === 0) over.abort(new Error("it ended"));
    else over.abort(new Error(describeExit(argv[0], status, tail.lines)));
  });

  let stray = 0; // bytes in a row
  const answers = new ResponseReader({
    bounds: { maxSize },
    read,
    onInvalidLine: (kind, beginning) => {
      onInvalidLine(kind, beginning);
      if (stray > maxInvalidBytes) over.abort(new Error(`it writes what is no answer: ${beginning}`));
    },
  });
  const lines = process.stdout.pipeThrough(new LineSplitterStream({ maxLength: maxSize }));
  void lines
    .pipeTo(
      new WritableStream({
        async write({ text, bytes }) {
          stray += bytes;
          await answers.take(text);
        },
      }),
      { signal: over.signal },
    )
    .catch(() => {});

  const write = async (bytes: Uint8Array) => input?.write(bytes).catch(() => {}); // its end tells why it cannot be written to
  if (handshake) void write(encoder.encode(handshake));

  async function* predict(frame: Frame): AsyncGenerator<unknown, void> {
    const { sequence, timestamp, width, height, data } = frame;
    answers.ask(frame);
    void write(
      encoder.encode(`${JSON.stringify({ camera, sequence, timestamp, width, height, length: data.length })}\n`),
    );
    const taken = write(data);
    for (;;) {
      const { result, done } = await answers.next();
      stray = 0;
      if (result !== undefined) yield result;
      if (done) return void (await taken); // or frames would pile up for one that answers without reading them
    }
  }
  return { predict, over: over.signal, gone };
}
