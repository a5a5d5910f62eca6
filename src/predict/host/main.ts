// A program of its own, in which a module predicts: whatever the module does (a busy loop, a crash of native code, all
// memory taken) it does to this process alone, and it can be killed for good, which a worker thread of Deno cannot.
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

const noDeadline = 2 ** 31 - 1; // milliseconds: whoever started this program watches the clock

console.log = console.info = console.debug = console.error; // standard output is for answers
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
await main().catch(fail);
process.exit(0);

async function main(): Promise<void> {
  const input = new Input(process.stdin);
  const preface = await input.line();
  if (preface === undefined) return;
  const { module, session, maxSize }: Handshake = JSON.parse(preface);
  setProcessSession(session);
  const { default: predict } = (await import(module)) as { default?: unknown };
  if (typeof predict !== "function")
    throw new TypeError(`Cannot predict by ${module}: its default export is no function`);
  await frames(input)
    .pipeThrough(new PredictorStream(predict as Predict, { camera: "", session, maxSize, deadline: noDeadline }))
    .pipeTo(new WritableStream({ write: ({ sequence, result }) => respond({ sequence, result }) }));
}

/** The frames as they come; that the next one is asked for tells that all answers to the last have been said. */
function frames(input: Input): ReadableStream<Frame> {
  let last: number | undefined;
  return new ReadableStream<Frame>(
    {
      async pull(controller) {
        if (last !== undefined) await respond({ sequence: last, done: true });
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

function respond(answer: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${JSON.stringify(answer)}\n`, (error) => (error ? reject(error) : resolve()));
  });
}

/** The last line says what it was, since that is what is shown. */
function fail(error: unknown): never {
  const [said, where = ""] =
    error instanceof Error ? [`${error.name}: ${error.message}`, error.stack] : [String(error)];
  const place = where.split("\n").find((line) => /^\s+at /.test(line));
  console.error(place === undefined ? said : `${place.trim()}\n${said}`);
  process.exit(1);
}
