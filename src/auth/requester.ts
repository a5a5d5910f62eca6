import type { Context } from "hono";

/** The page that a browser sends a request for. */
export interface Requester {
  /** True if the page has the same origin as this app. */
  readonly sameOrigin: boolean;
  /** Origin of the page; null if it is opaque, undefined if the browser does not tell. */
  readonly origin: string | null | undefined;
}

/**
 * Reads the requesting page from `Origin`, or from `Referer`, which comes with an `<img>`.
 *
 * A page cannot forge `Referer`, but it can leave it out; its origin is unknown then.
 */
export function requester(context: Context): Requester {
  const header = context.req.header("origin");
  const referrer = context.req.header("referer") ?? "";
  const origin = header ?? (URL.canParse(referrer) ? new URL(referrer).origin : undefined);
  if (origin === undefined) return { sameOrigin: false, origin };
  if (!URL.canParse(origin)) return { sameOrigin: false, origin: null };
  const { protocol, host } = new URL(origin);
  // Compares hosts only, as a proxy may have terminated TLS. A page cannot choose the Host that its browser sends.
  const self = `${protocol}//${context.req.header("host") ?? new URL(context.req.url).host}`;
  return { sameOrigin: URL.canParse(self) && new URL(self).host === host, origin };
}
