import type { Drainable } from "../relay/drainable.ts";

/**
 * The network connection of a request, as far as the runtime exposes it.
 *
 * @example
 * ```ts
 * const connection = (context: Context): Connection => ({ remote: context.env.remoteAddress });
 * const app = createApp({ cameras, connection });
 * ```
 */
export interface Connection {
  /** Address of the client. */
  readonly remote?: string | undefined;
  /** Aborted when the connection has closed. @default only the body's `cancel` reports that */
  readonly closed?: AbortSignal | undefined;
  /**
   * Returns the kernel's send queue; undefined where the kernel cannot be queried, and once the connection has closed. The
   * answer is up to `maxAge` milliseconds old, 0 by default. @default unknown
   */
  readonly queue?: ((maxAge?: number) => SendQueue | undefined) | undefined;
  /** Closes the connection at once and discards unsent data. @default it stays open until it closes by itself */
  readonly reset?: (() => void) | undefined;
  /**
   * Writes the body of the response about to be returned directly to the socket, without a promise per chunk.
   *
   * @default the runtime reads the body as a stream
   */
  readonly writeDirectly?: ((body: Drainable<Uint8Array>) => void) | undefined;
}

/** The kernel's send queue of a {@link Connection}, which has an example. */
export interface SendQueue {
  /** Bytes that the client has not acknowledged, including those not sent yet. */
  readonly unacknowledged: number;
  /** Bytes ever passed to the kernel; undefined where it gets them as soon as the runtime does. */
  readonly total?: number | undefined;
}

/** Returns true for a loopback address. */
export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(address);
}
