/**
 * Whether a request's `Host` is a name this server goes by: an address, `localhost`, or one of those allowed.
 *
 * Another name means that a page has been led here by the DNS of its own site (DNS rebinding). A program that sends none
 * is no browser.
 */
export function isAllowedHost(host: string | undefined, allowed: readonly string[]): boolean {
  if (host === undefined || host === "") return true;
  const name = nameOf(host);
  if (name === undefined) return false;
  return isAddress(name) || /(^|\.)localhost$/.test(name) || allowed.some((one) => nameOf(one) === name);
}

function nameOf(host: string): string | undefined {
  if (/[/?#@\\]/.test(host)) return undefined;
  const address = host.includes(":") && !host.startsWith("[") && !/^[^:]*:\d*$/.test(host) ? `[${host}]` : host;
  const url = `http://${address}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/\.$/, "") : undefined;
}

function isAddress(name: string): boolean {
  return name.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(name); // URL has written out the other spellings
}
