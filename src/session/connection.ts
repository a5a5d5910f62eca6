import type { Drainable } from "../relay/drainable.ts";

/** The runtime's side of the connection that a request came over. */
export interface Connection {
  /** Address of the other end. */
  readonly remote?: string | undefined;
  /** Aborted when the connection is gone; where there is none, the body's `cancel` is all that tells. */
  readonly closed?: AbortSignal | undefined;
  /**
   * Returns what the kernel holds for the other end; undefined where nobody tells, and when the connection is gone. The
   * answer may be `maxAge` milliseconds old. @default 0
   */
  readonly queue?: ((maxAge?: number) => SendQueue | undefined) | undefined;
  /** Ends the connection at once, without waiting for what it holds; where there is none, it stays until it ends by itself. */
  readonly reset?: (() => void) | undefined;
  /**
   * Has the body of the response about to be returned written straight to the socket, without a promise for each chunk. Where
   * there is none, the runtime reads the body as a stream.
   */
  readonly writeDirectly?: ((body: Drainable<Uint8Array>) => void) | undefined;
}

/** The queue that a connection's kernel holds for the other end. */
export interface SendQueue {
  /** Bytes that the other end has not acknowledged, those not sent yet included. */
  readonly unacknowledged: number;
  /** All bytes that the kernel was ever handed; undefined where it has at once what the runtime takes. */
  readonly total?: number | undefined;
}

/** Returns whether an address is this machine's own. */
export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(address);
}
