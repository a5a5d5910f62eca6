// The program that runs a predictor module in its own process. A busy loop, a crash of native code or a lack of memory
// affects only this process, and it can always be killed, unlike a worker thread of Deno.
import process from "node:process";
import type { Frame } from "../../media/frame.ts";
import { setProcessSession } from "../../session/context.ts";
import type { ViewerSession } from "../../session/session.ts";
import { type Predict, PredictorStream } from "../predictor-stream.ts";
import { Input } from "./input.ts";

/** The first line of standard input. */
interface Handshake {
  readonly module: string;
  readonly session?: ViewerSession;
  readonly maxSize?: number;
}

const noDeadline = 2 ** 31 - 1; // milliseconds; the parent process enforces the deadline

console.log = console.info = console.debug = console.error; // standard output carries the answers
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
await main().catch(fail);
process.exit(0);

async function main(): Promise<void> {
  const input = new Input(process.stdin);
  const handshake = await input.line();
  if (handshake === undefined) return;
  const { module, session, maxSize }: Handshake = JSON.parse(handshake);
  setProcessSession(session);
  const { default: predict } = (await import(module)) as { default?: unknown };
  if (typeof predict !== "function")
    throw new TypeError(`Cannot predict with ${module}: its default export is not a function`);
  await readFrames(input)
    .pipeThrough(new PredictorStream(predict as Predict, { camera: "", session, maxSize, deadline: noDeadline }))
    .pipeTo(new WritableStream({ write: ({ sequence, resultJson }) => respond(`${sequence} ${resultJson}`) }));
}

/** Streams the frames from standard input. Each pull means that all answers to the last frame have been written. */
function readFrames(input: Input): ReadableStream<Frame> {
  let last: number | undefined;
  return new ReadableStream<Frame>(
    {
      async pull(controller) {
        if (last !== undefined) await respond(`${last}`);
        const head = await input.line();
        if (head === undefined) return controller.close();
        const { sequence, timestamp, width, height, length } = JSON.parse(head);
        const data = await input.bytes(length);
        if (!data) return controller.close();
        last = sequence;
        controller.enqueue({ data, sequence, timestamp, width, height, arrival: performance.now() });
      },
    },
    { highWaterMark: 0 },
  );
}

/** Writes a line: the number of a frame and a result for it, or the number alone when there are no more. */
function respond(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
  });
}

/** Prints the error and exits. The message is the last line, because that is the one shown to people. */
function fail(error: unknown): never {
  const [message, stack = ""] =
    error instanceof Error ? [`${error.name}: ${error.message}`, error.stack] : [String(error)];
  const location = stack.split("\n").find((line) => /^\s+at /.test(line));
  console.error(location === undefined ? message : `${location.trim()}\n${message}`);
  process.exit(1);
}
