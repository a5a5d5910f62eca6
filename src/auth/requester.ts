import type { Context } from "hono";
import { isUpstreamName } from "./hosts.ts";

/** The page that a browser sends a request for. */
export interface Requester {
  /** True if the page has the same origin as this app. */
  readonly sameOrigin: boolean;
  /** Origin of the page; null if it is opaque, undefined if the browser does not tell. */
  readonly origin: string | null | undefined;
}

/** Options for {@link requester}. */
export interface RequesterOptions {
  /** True if the other end of the connection is on this machine, as a proxy's may be. */
  readonly fromLoopback: boolean;
}

/**
 * Reads the requesting page from `Origin`, or from `Referer`, which comes with an `<img>`.
 *
 * A page is the app's own if the browser says so (`Sec-Fetch-Site: same-origin`, which no script can set), or if its origin
 * has the host of this request: that of `Host` or, from a proxy on this machine, that of `X-Forwarded-Host` or `Forwarded`, which a page
 * could only send to another site with a permission that it does not get. A page cannot forge `Referer`, but it can leave
 * it out; its origin is unknown then.
 */
export function requester(context: Context, { fromLoopback }: RequesterOptions): Requester {
  const header = context.req.header("origin");
  const referrer = context.req.header("referer") ?? "";
  const origin = header ?? (URL.canParse(referrer) ? new URL(referrer).origin : undefined);
  const site = context.req.header("sec-fetch-site");
  if (site === "same-origin") return { sameOrigin: true, origin };
  if (origin === undefined) return { sameOrigin: false, origin };
  if (!URL.canParse(origin)) return { sameOrigin: false, origin: null };
  const page = new URL(origin);
  if (!/^https?:$/.test(page.protocol)) return { sameOrigin: false, origin };
  // Compares hosts only, as a proxy may have terminated TLS. A page cannot choose the Host that its browser sends.
  const host = context.req.header("host") ?? new URL(context.req.url).host;
  const forwarded = fromLoopback ? forwardedHost(context) : undefined;
  const isOwn = [host, forwarded].some((name) => name !== undefined && hostOf(page.protocol, name) === page.host);
  return { sameOrigin: isOwn || (fromLoopback && site === undefined && lacksPort(host, page)), origin };
}

/** Returns the host that the first proxy was asked for, as it says in `X-Forwarded-Host` or `Forwarded` (RFC 7239). */
function forwardedHost(context: Context): string | undefined {
  const [first] = context.req.header("x-forwarded-host")?.split(",") ?? [];
  return first?.trim() ?? /^[^,]*\bhost="?([^\s;,"]+)/i.exec(context.req.header("forwarded") ?? "")?.[1];
}

/**
 * Returns true if a host is that of a page but for the port, which proxies on this machine leave out that pass on nginx's
 * `$host`. A browser on this machine would have said by `Sec-Fetch-Site` where the page is from.
 */
function lacksPort(host: string, page: URL): boolean {
  return !/:\d*$/.test(host) && !isUpstreamName(host) && hostOf(page.protocol, host) === page.hostname;
}

function hostOf(protocol: string, host: string): string | undefined {
  const url = `${protocol}//${host}`;
  return URL.canParse(url) ? new URL(url).host : undefined;
}
