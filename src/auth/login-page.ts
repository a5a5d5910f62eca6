import type { Context } from "hono";

/** Answers 401: with a login form for browsers, else with JSON. `rejected` means that invalid credentials were sent. */
export function loginPage(context: Context, { rejected }: { readonly rejected: boolean }): Response {
  const challenge = rejected ? 'Bearer realm="teecam", error="invalid_token"' : 'Bearer realm="teecam"';
  context.header("WWW-Authenticate", challenge);
  const error = rejected
    ? "Token is wrong or has expired"
    : "Token required: send it as Authorization: Bearer, open /?token= once in a browser, or use a signed URL";
  if (!acceptsHtml(context)) return context.json({ error }, 401);
  context.header("Content-Security-Policy", "default-src 'none'; form-action 'self'", { append: true });
  return context.html(
    page(
      "Token required",
      `<p>${rejected ? `${error}. ` : ""}Enter the token from the address that teecam printed when it started, or from its configuration.</p>
<form method="get" action="./"><input type="password" name="token" aria-label="Token" required> <button>Sign in</button></form>
<p>If this browser has signed in before, <a href="./">try again</a> without a token.</p>`,
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
  return context.html(page("Signed in", `<meta http-equiv="refresh" content="0; url=./"><a href="./">Continue</a>`));
}

function acceptsHtml(context: Context): boolean {
  return context.req.header("accept")?.includes("text/html") ?? false;
}

function page(title: string, content: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>teecam</title><h1>${title}</h1>
${content}
</html>`;
}
