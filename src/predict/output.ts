import { LoopShare } from "../loop-share.ts";
import { LineSplitter } from "./line-splitter.ts";
import { maxShown, type RejectedLines, type ResponseReader } from "./response-reader.ts";

/** Options for {@link readOutput}. */
export interface OutputOptions {
  readonly responses: ResponseReader;
  /** Maximum bytes of one line. */
  readonly maxLength: number;
  /** Called with lines that came while none was awaited, many at once. */
  readonly onRejected: (lines: RejectedLines) => void;
  /** Called with the number of bytes that were read. */
  readonly onBytes: (bytes: number) => void;
  /** Ends the reading. */
  readonly signal: AbortSignal;
}

const fewLines = 16; // in a chunk: each is read, whether or not it is awaited

/**
 * Reads the lines of a predictor's standard output, until it ends or `signal` is aborted. Never rejects.
 *
 * However fast the program writes, and whatever, reading it takes at most a fifth of the event loop's time; a program that is
 * faster waits. Lines that nobody awaits are counted and dropped in bulk.
 */
export async function readOutput(output: ReadableStream<Uint8Array>, options: OutputOptions): Promise<void> {
  const { responses, maxLength, onRejected, onBytes, signal } = options;
  const lines = new LineSplitter({ maxLength });
  const share = new LoopShare();
  const reader = output.getReader();
  const cancel = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  const decoder = new TextDecoder();

  const take = async (some: Iterable<{ readonly text: string | undefined; readonly bytes: number }>) => {
    for (const { text, bytes } of some) {
      onBytes(bytes);
      const room = responses.take(text);
      if (room) {
        share.end();
        await room;
        share.begin();
      } else await undefined; // what follows from an answer is done, and counts as work too
      if (share.isSpent) await share.rest();
      if (signal.aborted) return;
    }
  };
  const drop = (chunk: Uint8Array) => {
    const { count, bytes, last } = lines.skip(chunk);
    if (last) {
      const beginning = decoder.decode(last.subarray(0, 4 * maxShown)).slice(0, maxShown);
      onRejected({ reason: "unsolicited", count, beginning });
    }
    onBytes(bytes);
  };

  try {
    for (;;) {
      const { done, value } = await reader.read();
      share.begin();
      if (done || signal.aborted) break;
      if (!responses.isAwaiting && hasMany(value)) drop(value);
      else await take(lines.split(value));
      if (share.isSpent) await share.rest();
      share.end();
    }
    await take(lines.flush());
  } catch {
    // its exit tells why
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

/** Tells whether more lines end in a chunk than are worth a look each. */
function hasMany(chunk: Uint8Array): boolean {
  let at = -1;
  for (let count = 0; count <= fewLines; count++) {
    at = chunk.indexOf(10, at + 1);
    if (at < 0) return false;
  }
  return true;
}
