/** The request whose `Host` is checked. */
export interface HostRequest {
  /** Value of the `Host` header. */
  readonly host: string | undefined;
  /** True if the other end of the connection is on this machine, as a proxy's may be. */
  readonly fromLoopback: boolean;
}

/**
 * Returns true if a request's `Host` is a name of this server: an address, `localhost`, or one of `allowed`; from a proxy
 * on this machine also the name of its upstream.
 *
 * Any other name means DNS rebinding: another site resolves its own name to this server's address. A request without a
 * `Host` does not come from a browser and is allowed.
 */
export function isAllowedHost({ host, fromLoopback }: HostRequest, allowed: readonly string[]): boolean {
  if (host === undefined || host === "") return true;
  if (fromLoopback && isUpstreamName(host)) return true;
  const name = nameOf(host);
  if (name === undefined) return false;
  return isAddress(name) || /(^|\.)localhost$/.test(name) || allowed.some((entry) => matches(nameOf(entry), name));
}

/**
 * Returns true for the name of an upstream, which nginx passes on unless it is told otherwise: `mjpgstreamer1` on the images
 * for 3D printers.
 *
 * It has no port and no dot. A browser that is led to another port than 80 always sends that port, and no site of the
 * internet has a name without a dot.
 */
export function isUpstreamName(host = ""): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,62}$/i.test(host) && !/^\d+$/.test(host) && host.toLowerCase() !== "localhost";
}

/** Returns true for the name or the address of a host, with or without a port. */
export function isHost(text: string): boolean {
  return nameOf(text) !== undefined;
}

/** Returns true if an entry is a name, or `*.` and an end of it, or `*`. */
function matches(entry: string | undefined, name: string): boolean {
  if (entry?.startsWith("*.")) return name.endsWith(entry.slice(1));
  return entry === name || entry === "*";
}

function nameOf(host: string): string | undefined {
  return urlOf(host)?.hostname.replace(/\.$/, "");
}

function urlOf(host: string): URL | undefined {
  if (/[/?#@\\\s]/.test(host)) return undefined;
  const address = host.includes(":") && !host.startsWith("[") && !/^[^:]*:\d*$/.test(host) ? `[${host}]` : host;
  const url = `http://${address}`;
  return URL.canParse(url) ? new URL(url) : undefined;
}

function isAddress(name: string): boolean {
  return name.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(name); // URL normalises other notations to these
}
