import type { TrustOptions } from "../tcp.ts";

/** Certificates to trust for an `https://` source, by default those of public authorities; see {@link HttpOptions}. */
export interface TlsOptions extends Omit<TrustOptions, "ca"> {
  /** Path of a PEM file with additional certificates to trust. @default none */
  readonly ca?: string | undefined;
}

/**
 * Options of requests to an HTTP source.
 *
 * @example
 * ```ts
 * const headers = { Authorization: `Bearer ${token}` };
 * const gate = camera({ id: "gate", source: "https://10.0.0.8/stream", headers, tls: { fingerprint } });
 * ```
 */
export interface HttpOptions {
  /** Additional header fields of every request; they override those of teecam. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Certificates to trust. @default those of public authorities */
  readonly tls?: TlsOptions | undefined;
  /** Follows redirects to link-local addresses, such as the metadata services of clouds. @default false */
  readonly allowLinkLocal?: boolean | undefined;
}
