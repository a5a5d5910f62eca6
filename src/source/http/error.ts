/** Thrown where an HTTP server gives no answer that could be used. */
export class HttpError extends Error {
  /** Milliseconds before which it should not be asked again. */
  readonly retryAfter: number;

  constructor(
    message: string,
    { retryAfter = 0, cause }: { readonly retryAfter?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.name = "HttpError";
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
