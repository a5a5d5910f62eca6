import type { TrustOptions } from "../tcp.ts";

/** Which certificates of an `https://` camera are good; without any of these it is one that a public authority signed. */
export interface TlsOptions extends Omit<TrustOptions, "ca"> {
  /** The path of a PEM file with certificates that are trusted besides. @default none */
  readonly ca?: string | undefined;
}

/** Options for asking an HTTP server. */
export interface HttpOptions {
  /** Header fields of every request, besides or instead of teecam's own. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Checks certificates. @default as a browser would */
  readonly tls?: TlsOptions | undefined;
  /** Follows redirects to link-local addresses, where clouds keep their secrets. @default false */
  readonly allowLinkLocal?: boolean | undefined;
}
