/**
 * Returns true if a request's `Host` is a name of this server: an address, `localhost`, or one of `allowed`.
 *
 * Any other name means DNS rebinding: another site resolves its own name to this server's address. A request without a
 * `Host` does not come from a browser and is allowed.
 */
export function isAllowedHost(host: string | undefined, allowed: readonly string[]): boolean {
  if (host === undefined || host === "") return true;
  const name = nameOf(host);
  if (name === undefined) return false;
  return isAddress(name) || /(^|\.)localhost$/.test(name) || allowed.some((entry) => nameOf(entry) === name);
}

function nameOf(host: string): string | undefined {
  if (/[/?#@\\]/.test(host)) return undefined;
  const address = host.includes(":") && !host.startsWith("[") && !/^[^:]*:\d*$/.test(host) ? `[${host}]` : host;
  const url = `http://${address}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/\.$/, "") : undefined;
}

function isAddress(name: string): boolean {
  return name.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(name); // URL normalises other notations to these
}
