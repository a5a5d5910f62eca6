import type { Context } from "hono";

/** Why the credentials of a request are not accepted: they are wrong, or the token stands where it gives no access. */
export type Rejection = "wrong" | "misplaced";

/** Options for {@link loginPage}. */
export interface LoginPageOptions {
  /** Why the credentials that were sent are not accepted; undefined if there are none. */
  readonly rejection: Rejection | undefined;
  /** Address of the app's page. */
  readonly address: string;
  /** False for a name that may be another site's, which must get no form to type a token into. */
  readonly hasForm: boolean;
}

const elsewhere =
  "send it as Authorization: Bearer, or as the password of any user; open /?token= once in a browser; or use a signed URL";

/** Answers 401: with a login form for browsers, else with JSON. */
export function loginPage(context: Context, { rejection, address, hasForm }: LoginPageOptions): Response {
  const bearer = `Bearer realm="teecam"${rejection === "wrong" ? ', error="invalid_token"' : ""}`;
  // Basic first, as many clients read only the beginning. Not to browsers: they would ask for a password by themselves, and
  // then send it along with the requests of other sites' pages.
  context.header("WWW-Authenticate", isBrowser(context) ? bearer : `Basic realm="teecam", ${bearer}`);
  const errors = {
    wrong: "Token is wrong or has expired",
    misplaced: `Token does not belong in this address: ${elsewhere}`,
  } as const;
  const error = rejection === undefined ? `Token required: ${elsewhere}` : errors[rejection];
  if (!hasForm || !acceptsHtml(context)) return context.json({ error }, 401);
  context.header("Content-Security-Policy", "default-src 'none'; form-action 'self'", { append: true });
  return context.html(
    page(
      "Token required",
      `<p>${rejection === undefined ? "" : `${error}. `}Enter the token from the address that teecam printed when it started, or from its configuration.</p>
<form method="get" action="${address}"><input type="password" name="token" aria-label="Token" required> <button>Sign in</button></form>
<p>If this browser has signed in before, <a href="${address}">try again</a> without a token.</p>`,
    ),
    401,
  );
}

/**
 * Redirects a browser to the address without the token, with its new cookie.
 *
 * After a link on another site browsers withhold the `SameSite=Strict` cookie from a 303 redirect, because that site
 * started the navigation. A page that reloads itself starts a navigation of its own.
 */
export function redirectWithCookie(context: Context, address: string): Response {
  const site = context.req.header("sec-fetch-site");
  context.header("Referrer-Policy", "no-referrer"); // the address of this request contains the token
  if (site !== "cross-site" && site !== "same-site") return context.redirect(address, 303);
  const content = `<meta http-equiv="refresh" content="0; url=${address}"><a href="${address}">Continue</a>`;
  return context.html(page("Signed in", content));
}

function acceptsHtml(context: Context): boolean {
  return context.req.header("accept")?.includes("text/html") ?? false;
}

function isBrowser(context: Context): boolean {
  const isMarked = ["sec-fetch-mode", "origin", "referer"].some((name) => context.req.header(name) !== undefined);
  return isMarked || acceptsHtml(context) || /^Mozilla\//.test(context.req.header("user-agent") ?? "");
}

function page(title: string, content: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>teecam</title><h1>${title}</h1>
${content}
</html>`;
}
