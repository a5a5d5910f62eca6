import { redact } from "../redact.ts";

const maxLines = 10;
const maxLineLength = 400;
const maxRawLength = 4 * maxLineLength; // before redaction, which shortens it

/** Options for {@link StderrTail}. */
export interface StderrTailOptions {
  /** Redacts the secrets in a line. @default `redact`, for those in URLs */
  readonly redact?: ((text: string) => string) | undefined;
  /** Called with each line, with secrets redacted. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/**
 * Keeps the last lines of a program's standard error, with secrets redacted, to explain why it ended.
 *
 * Bound: 10 lines of 400 characters; longer lines are cut. `lines` can be read at any time.
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
