import type { Driver, DriverOptions } from "../driver.ts";
import { type OpenBytes, ParsedRuns } from "../parse.ts";

/** Standard input. */
export interface StdinSpec {
  readonly kind: "stdin";
}

/** Reads standard input, once: `-`. */
export const stdin: Driver<StdinSpec> = {
  kind: "stdin",
  parse: ({ text }) => (text === "-" ? { kind: "stdin" } : undefined),
  describe: () => "standard input",
  hasEnd: () => true,
  create: (_, options) => new ParsedRuns(readOn(options), { ...options, lastSign: () => Number.POSITIVE_INFINITY }),
};

/** Reads on where the run before has stopped: standard input cannot be had again, so that only its end is the end. */
function readOn({ stdin, signal }: DriverOptions): OpenBytes {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let next: ReturnType<ReadableStreamDefaultReader<Uint8Array>["read"]> | undefined;
  return async () => {
    if (!reader) {
      const opened = stdin().getReader();
      reader = opened;
      signal.addEventListener("abort", () => void opened.cancel().catch(() => {}), { once: true });
    }
    const from = reader;
    let isOver = false;
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          next ??= from.read();
          const { done, value } = await next;
          if (isOver) return; // it is the next run's
          next = undefined;
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel() {
          isOver = true;
        },
      },
      { highWaterMark: 0 },
    );
  };
}
