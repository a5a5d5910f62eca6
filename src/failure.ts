/** Options for {@link Failure}. */
export interface FailureOptions {
  /** The kind of failure, fit for anybody: no address, no path, nothing that a program wrote. @default the message */
  readonly summary?: string | undefined;
  readonly cause?: unknown;
}

/** Why something is as it is, in two texts: for those who run the server, and for everybody. */
export interface Explanation {
  readonly message: string;
  /** Without addresses, paths, and words of the source. */
  readonly summary: string;
}

/** An error with two texts: `message` for those who run the server, `summary` for everybody. */
export class Failure extends Error implements Explanation {
  override name = "Failure";
  readonly summary: string;

  constructor(message: string, { summary = message, cause }: FailureOptions = {}) {
    super(message, { cause });
    this.summary = summary;
  }
}

/** The errors of the runtimes: Node tells them apart by `code`, Deno by `name`. */
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

/** Where an error has neither, as those of Deno's `fetch`, its message tells; only these words are passed on. */
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

/** Returns the kind of failure in words fit for anybody; undefined where nothing but the message tells it. */
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
