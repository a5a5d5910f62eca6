/** Options for {@link Failure}. */
export interface FailureOptions {
  /** Kind of failure for all viewers, without addresses, paths and output of programs. @default the message */
  readonly summary?: string | undefined;
  readonly cause?: unknown;
}

/** Explanation of a state: `message` for admins, `summary` for all viewers. */
export interface Explanation {
  readonly message: string;
  /** Text without addresses, paths and output of the source. */
  readonly summary: string;
}

/** Error with two texts: `message` for admins, `summary` for all viewers. */
export class Failure extends Error implements Explanation {
  override name = "Failure";
  readonly summary: string;

  constructor(message: string, { summary = message, cause }: FailureOptions = {}) {
    super(message, { cause });
    this.summary = summary;
  }
}

/** Summaries of the runtimes' errors, by their `code` on Node and their `name` on Deno. */
const known: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ConnectionRefused: "connection refused",
  ECONNRESET: "connection reset",
  EPIPE: "connection reset",
  UND_ERR_SOCKET: "connection reset",
  ConnectionReset: "connection reset",
  ConnectionAborted: "connection reset",
  BrokenPipe: "connection reset",
  UnexpectedEof: "connection reset",
  ETIMEDOUT: "connection timed out",
  UND_ERR_CONNECT_TIMEOUT: "connection timed out",
  UND_ERR_HEADERS_TIMEOUT: "connection timed out",
  UND_ERR_BODY_TIMEOUT: "connection timed out",
  TimedOut: "connection timed out",
  TimeoutError: "timed out",
  ENOTFOUND: "host not found",
  EAI_AGAIN: "host not found",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "host unreachable",
  HostUnreachable: "host unreachable",
  NetworkUnreachable: "host unreachable",
  EADDRINUSE: "address already in use",
  AddrInUse: "address already in use",
  EADDRNOTAVAIL: "address not available",
  AddrNotAvailable: "address not available",
  ENOENT: "not found",
  NotFound: "not found",
  EACCES: "permission denied",
  EPERM: "permission denied",
  PermissionDenied: "permission denied",
  NotCapable: "permission denied",
  EMFILE: "too many open files",
  ENFILE: "too many open files",
};

/** Summaries of errors without a known `code` or `name`, such as those of Deno's `fetch`, by their message. */
const phrases: readonly (readonly [RegExp, string])[] = [
  [/connection refused/i, "connection refused"],
  [/connection reset|connection closed|broken pipe/i, "connection reset"],
  [/dns error|failed to lookup/i, "host not found"],
  [/certificate/i, "certificate not trusted"],
  [/unreachable|no route to host/i, "host unreachable"],
  [/timed out/i, "timed out"],
  [/^Cannot parse multipart/, "broken multipart"],
];

const maxCauses = 5;

/** Returns a summary of an error or its causes that is safe for all viewers; undefined if it is an unknown kind. */
export function summarize(error: unknown): string | undefined {
  let current = error;
  for (let depth = 0; depth < maxCauses && current instanceof Error; depth++, current = current.cause) {
    if (current instanceof Failure) return current.summary;
    const { code, name } = current as { code?: unknown; name: string };
    for (const key of [code, name]) if (typeof key === "string" && Object.hasOwn(known, key)) return known[key];
  }
  const message = error instanceof Error ? error.message : "";
  return phrases.find(([pattern]) => pattern.test(message))?.[1];
}
