import { LoopShare } from "../loop-share.ts";
import { redact } from "../redact.ts";

const maxLines = 10;
const maxLineLength = 400;
const maxRawLength = 4 * maxLineLength; // before redaction, which shortens it
const maxRate = 100; // lines per second passed to `onLine`

/** Options for {@link StderrTail}. */
export interface StderrTailOptions {
  /** Redacts the secrets in a line. @default `redact`, for those in URLs */
  readonly redact?: ((text: string) => string) | undefined;
  /** Called with lines, with secrets redacted: at most 100 per second, then with the number of those omitted. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/**
 * Keeps the last lines of a program's standard error, with secrets redacted, to explain why it ended.
 *
 * Bound: 10 lines of 400 characters; longer lines are cut. `lines` can be read at any time. However much the program
 * writes, this takes at most a fifth of the event loop's time: in a flood most lines are only counted, and the program has
 * to wait.
 */
export class StderrTail extends WritableStream<Uint8Array> {
  readonly lines: readonly string[];

  constructor({ redact: hide = redact, onLine }: StderrTailOptions = {}) {
    const lines: string[] = [];
    const decoder = new TextDecoder();
    const share = new LoopShare();
    const tell = onLine && limitRate(onLine);
    let rest = "";
    const keep = (text: string) => {
      const line = hide(text.slice(0, maxRawLength)).slice(0, maxLineLength).trimEnd();
      if (!line) return;
      lines.push(line);
      if (lines.length > maxLines) lines.shift();
      tell?.line(line);
    };
    super({
      async write(chunk) {
        share.begin();
        const parts = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r/);
        rest = (parts.pop() ?? "").slice(0, maxRawLength);
        const isFlood = parts.length > maxRate;
        if (isFlood) tell?.skip(parts.length - maxRate);
        for (const part of isFlood ? parts.slice(-maxRate) : parts) keep(part);
        if (share.isSpent) await share.rest();
        share.end();
      },
      close() {
        keep(rest);
        tell?.end();
      },
      abort: () => tell?.end(),
    });
    this.lines = lines;
  }
}

/** Passes on at most {@link maxRate} lines in each second, followed by the number of lines that it has dropped. */
function limitRate(onLine: (line: string) => void) {
  let since = Number.NEGATIVE_INFINITY;
  let told = 0;
  let omitted = 0;
  const end = () => {
    if (omitted > 0) onLine(`(${omitted} more lines)`);
    omitted = 0;
  };
  return {
    line(line: string): void {
      const now = performance.now();
      if (now - since >= 1000) {
        end();
        since = now;
        told = 0;
      }
      if (++told <= maxRate) onLine(line);
      else omitted++;
    },
    skip(count: number): void {
      omitted += count;
    },
    end,
  };
}
