/** Parts of a URL with a user name and a password, as they are written. */
interface UserInfo {
  /** The scheme and `//`. */
  readonly start: string;
  /** User name and password, before the `@`. */
  readonly info: string;
  /** Everything after the `@`. */
  readonly rest: string;
}

const host = String.raw`(?:\[[0-9a-f:.%]+\]|[\w.-]+)`;
/** Matches a host after the `@` of a user name and a password, up to its end. */
const hostFirst = new RegExp(String.raw`^${host}(?::\d{0,5})?(?=[/?#]|$)`, "i");
/** Matches a host that cannot be a segment of a path: it has a port, brackets or a dot, or is `localhost`. */
const addressFirst = new RegExp(
  String.raw`^(?:${host}:\d+|\[[0-9a-f:.%]+\]|[\w-]+(?:\.[\w-]+)+|localhost)(?=[/?#]|$)`,
  "i",
);

/**
 * Percent-encodes reserved characters in the user name and password of a URL, so that every URL parser accepts it.
 *
 * `#`, `/`, `?`, `:` and `@` before the host, and a `%` that does not begin `%XX`, are treated as literal characters.
 * Throws a `TypeError` for an ambiguous URL; its message states what to write. Returns any other text unchanged.
 */
export function encodeUserInfo(text: string): string {
  const found = split(text);
  if (!found) return text;
  const colon = found.info.indexOf(":");
  const parts = colon < 0 ? [found.info] : [found.info.slice(0, colon), found.info.slice(colon + 1)];
  return `${found.start}${parts.map(encodePart).join(":")}@${found.rest}`;
}

function split(text: string): UserInfo | undefined {
  const [start] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text) ?? [];
  if (start === undefined) return undefined;
  const all = text.slice(start.length);
  const authority = all.slice(0, all.search(/[/?#]|$/));
  const at = userInfoEnd(all, { authority });
  return at === undefined ? undefined : { start, info: all.slice(0, at), rest: all.slice(at + 1) };
}

/** Returns the index of the `@` that ends the user name and password; undefined if there is none. */
function userInfoEnd(all: string, { authority }: { readonly authority: string }): number | undefined {
  if (authority.includes("@")) {
    const [first] = ends(all, hostFirst);
    return first ?? authority.lastIndexOf("@");
  }
  const [, port] = /^[^:]*:(.*)$/.exec(authority) ?? [];
  if (port === undefined) return undefined; // no password: the @ belongs to the path
  if (!/^\d{0,5}$/.test(port) || all[authority.length] === "#") return ends(all, hostFirst)[0];
  const [other] = ends(all, addressFirst);
  if (other === undefined || all.slice(authority.length, other).includes("=")) return undefined;
  const reserved = all.slice(authority.length, other).match(/[/?]/)?.[0] ?? "/";
  throw new TypeError(
    `ambiguous URL: in a password write ${reserved} as ${encodeURIComponent(reserved)}, and in a path write @ as %40`,
  );
}

function ends(all: string, pattern: RegExp): number[] {
  return [...all.matchAll(/@/g)].map(({ index }) => index).filter((index) => pattern.test(all.slice(index + 1)));
}

/** Percent-encodes the characters that are not encoded yet; all of them, if the text is not valid percent-encoding. */
function encodePart(part: string): string {
  const written = part.replace(/[/?#@:[\]\s"<>\\^`{|}]/g, encodeURIComponent);
  const encoded = written.replace(/%(?![0-9a-f]{2})/gi, "%25");
  try {
    decodeURIComponent(encoded);
    return encoded;
  } catch {
    return part.replace(/[%/?#@:[\]\s"<>\\^`{|}]/g, encodeURIComponent);
  }
}
