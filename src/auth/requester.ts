import type { Context } from "hono";

/** The site a browser asks for, if it tells. */
export interface Requester {
  /** The page that asks is of this app's own origin. */
  readonly own: boolean;
  /** The origin of the page that asks; `null` is a page that has none, undefined one that is not named. */
  readonly origin: string | null | undefined;
}

/**
 * Reads who asks from `Origin`, or from `Referer`, which comes with an `<img>` and cannot be forged by a page; it can be
 * left out by one, and then the asker is not named.
 */
export function requester(context: Context): Requester {
  const header = context.req.header("origin");
  const referrer = context.req.header("referer") ?? "";
  const origin = header ?? (URL.canParse(referrer) ? new URL(referrer).origin : undefined);
  if (origin === undefined) return { own: false, origin };
  if (!URL.canParse(origin)) return { own: false, origin: null };
  const { protocol, host } = new URL(origin);
  // A proxy may have taken TLS off, so the scheme is the asker's; the Host that a browser sends is not a page's choice.
  const ours = `${protocol}//${context.req.header("host") ?? new URL(context.req.url).host}`;
  return { own: URL.canParse(ours) && new URL(ours).host === host, origin };
}
