import type { Context } from "hono";

/** Answers somebody without a token that opens this: a browser gets a page where one can be written. */
export function loginPage(context: Context, { wrong }: { readonly wrong: boolean }): Response {
  context.header("WWW-Authenticate", wrong ? 'Bearer realm="teecam", error="invalid_token"' : 'Bearer realm="teecam"');
  const error = wrong
    ? "The token is wrong or has expired"
    : "A token is needed: as Authorization: Bearer, by /?token= once in a browser, or a signed URL";
  if (!wantsPage(context)) return context.json({ error }, 401);
  context.header("Content-Security-Policy", "default-src 'none'; form-action 'self'", { append: true });
  return context.html(
    page(
      "This camera asks for a token",
      `<p>${wrong ? error : "It stands at the end of the address that teecam printed when it was started"}.</p>
<form method="get" action="./"><input type="password" name="token" aria-label="Token" required> <button>Look</button></form>
<p><a href="./">Try again</a> without one, if this browser has shown it before.</p>`,
    ),
    401,
  );
}

/**
 * Sends a browser on to a clean address with its new cookie. Behind a link on another site a redirect would leave the
 * cookie out, since the other site began it; a page that goes on by itself does not.
 */
export function redirectWithCookie(context: Context, address: string): Response {
  const site = context.req.header("sec-fetch-site");
  context.header("Referrer-Policy", "no-referrer"); // the address that was left has the token in it
  if (site !== "cross-site" && site !== "same-site") return context.redirect(address, 303);
  return context.html(page("One moment", `<meta http-equiv="refresh" content="0; url=./"><a href="./">Go on</a>`));
}

function wantsPage(context: Context): boolean {
  return context.req.header("accept")?.includes("text/html") ?? false;
}

function page(title: string, content: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>teecam</title><h1>${title}</h1>
${content}
</html>`;
}
