import { Failure, summarize } from "../../failure.ts";

/** Options for {@link HttpError}. */
export interface HttpErrorOptions {
  /** Milliseconds before which it should not be asked again. @default 0 */
  readonly retryAfter?: number;
  /** The kind of failure, fit for anybody. @default that of `cause` */
  readonly summary?: string;
  readonly cause?: unknown;
}

/** Thrown where an HTTP server gives no answer that could be used. */
export class HttpError extends Failure {
  override name = "HttpError";
  /** Milliseconds before which it should not be asked again. */
  readonly retryAfter: number;

  constructor(message: string, { retryAfter = 0, summary, cause }: HttpErrorOptions = {}) {
    super(message, { summary: summary ?? summarize(cause) ?? "no answer that could be used", cause });
    this.retryAfter = retryAfter;
  }
}

const maxRetryAfter = 5 * 60_000;

/** Reads a `Retry-After` field, in milliseconds from now, 5 minutes at most; 0 for none. Source: RFC 9110, 10.2.3. */
export function readRetryAfter(value: string | undefined): number {
  const seconds =
    value === undefined ? 0 : /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return seconds > 0 ? Math.min(seconds * 1000, maxRetryAfter) : 0;
}
