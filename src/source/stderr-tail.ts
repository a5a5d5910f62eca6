import { redact } from "../redact.ts";

const maxLines = 10;
const maxLineLength = 400;
const maxRawLength = 4 * maxLineLength; // redacting makes it shorter

/** Options for {@link StderrTail}. */
export interface StderrTailOptions {
  /** Takes secrets out of a line. @default `redact`, which knows those in URLs */
  readonly redact?: ((text: string) => string) | undefined;
  /** Called for every line as it comes, without secrets. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/**
 * Keeps the last lines of a program's standard error, without secrets, so that its end can be explained.
 *
 * Bound: 10 lines of 400 characters; what is longer is cut. `lines` may be read at any time.
 */
export class StderrTail extends WritableStream<Uint8Array> {
  readonly lines: readonly string[];

  constructor({ redact: hide = redact, onLine }: StderrTailOptions = {}) {
    const lines: string[] = [];
    const decoder = new TextDecoder();
    let rest = "";
    const keep = (text: string) => {
      const line = hide(text.slice(0, maxRawLength)).slice(0, maxLineLength).trimEnd();
      if (!line) return;
      lines.push(line);
      if (lines.length > maxLines) lines.shift();
      onLine?.(line);
    };
    super({
      write(chunk) {
        const parts = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r/);
        rest = (parts.pop() ?? "").slice(0, maxRawLength);
        for (const part of parts) keep(part);
      },
      close: () => keep(rest),
    });
    this.lines = lines;
  }
}
