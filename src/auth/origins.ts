/** The entry of `allowOrigins` for the pages of all sites. */
export const anyOrigin = "*";

/**
 * Returns true for an origin as browsers send it: `https://dash.example.org`, or that of an app or an extension such as
 * `capacitor://localhost`; also for {@link anyOrigin}. `null` is none, as every site can make its pages send it.
 */
export function isOrigin(text: string): boolean {
  if (text === anyOrigin) return true;
  if (/^https?:/i.test(text)) return URL.canParse(text) && new URL(text).origin === text;
  return /^[a-z][a-z0-9+.-]*:\/\/[\w.~-]+(:\d+)?$/.test(text);
}
