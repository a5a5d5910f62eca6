/**
 * Options for WebRTC.
 *
 * @example
 * ```ts
 * const options: RtcOptions = { port: 8189, hosts: ["203.0.113.7"], iceServers: [{ url: "stun:stun.example.org" }] };
 * ```
 */
export interface RtcOptions {
  /** UDP port for all peers. @default one that is free */
  readonly port?: number | undefined;
  /** Addresses at which peers reach this machine, in addition to its own: behind NAT, or in a container. @default none */
  readonly hosts?: readonly string[] | undefined;
  /** STUN and TURN servers that find more addresses. @default none */
  readonly iceServers?: readonly IceServer[] | undefined;
}

/** A STUN or TURN server; see {@link RtcOptions} for an example. */
export interface IceServer {
  /** Its URL: `stun:HOST:PORT`, `turn:HOST:PORT`, `turns:…` (RFC 7064, RFC 7065). */
  readonly url: string;
  /** @default none */
  readonly username?: string | undefined;
  /** Never appears in logs. @default none */
  readonly credential?: string | undefined;
}
