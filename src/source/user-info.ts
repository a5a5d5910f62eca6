/** A URL's spelling with its user name and password taken apart. */
interface UserInfo {
  /** The scheme and `//`. */
  readonly start: string;
  /** User name and password, as they are written. */
  readonly info: string;
  /** Everything behind the `@`. */
  readonly rest: string;
}

const host = String.raw`(?:\[[0-9a-f:.%]+\]|[\w.-]+)`;
/** What follows the @ of a user name and a password: a host, and the end of it. */
const hostFirst = new RegExp(String.raw`^${host}(?::\d{0,5})?(?=[/?#]|$)`, "i");
/** The same, where it is plainly an address and not a word of a path. */
const addressFirst = new RegExp(
  String.raw`^(?:${host}:\d+|\[[0-9a-f:.%]+\]|[\w-]+(?:\.[\w-]+)+|localhost)(?=[/?#]|$)`,
  "i",
);

/**
 * Writes reserved characters in a URL's user name and password as `%XX`, so that every reader takes the URL as it is meant.
 *
 * A `%` that begins no `%XX` stands for itself, and so do `#`, `/`, `?`, `:` and `@` before the host. Throws a `TypeError`
 * that tells what to write where a URL can be read in two ways. Returns any other text as it is.
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

/** Returns where the `@` is that ends the user name and password; undefined if there is none. */
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
    `it can be read in two ways: in a password write ${reserved} as ${encodeURIComponent(reserved)}, and in a path write @ as %40`,
  );
}

function ends(all: string, pattern: RegExp): number[] {
  return [...all.matchAll(/@/g)].map(({ index }) => index).filter((index) => pattern.test(all.slice(index + 1)));
}

/** Encodes what is not encoded yet. What would not decode to text is taken as it is written. */
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
