import { Failure, summarize } from "../../failure.ts";

/** Options for {@link HttpError}. */
export interface HttpErrorOptions {
  /** Milliseconds to wait before the next request. @default 0 */
  readonly retryAfter?: number;
  /** Kind of failure, without secrets or addresses. @default that of `cause` */
  readonly summary?: string;
  readonly cause?: unknown;
}

/** Thrown when an HTTP server gives no usable response. */
export class HttpError extends Failure {
  override name = "HttpError";
  /** Milliseconds to wait before the next request. */
  readonly retryAfter: number;

  constructor(message: string, { retryAfter = 0, summary, cause }: HttpErrorOptions = {}) {
    super(message, { summary: summary ?? summarize(cause) ?? "no usable response", cause });
    this.retryAfter = retryAfter;
  }
}

const maxRetryAfter = 5 * 60_000;

/** Parses `Retry-After` to milliseconds from now, at most 5 minutes; 0 for none. Source: RFC 9110, section 10.2.3. */
export function readRetryAfter(value: string | undefined): number {
  const seconds =
    value === undefined ? 0 : /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return seconds > 0 ? Math.min(seconds * 1000, maxRetryAfter) : 0;
}
