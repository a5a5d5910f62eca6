import type { ByteReader } from "./byte-reader.ts";

/** Status line and header fields of a response. */
export interface Head {
  /** Status code, such as 200. */
  readonly status: number;
  /** Reason phrase, which may be empty. */
  readonly reason: string;
  /** The server keeps the connection open for another request. */
  readonly keepAlive: boolean;
  /** Values of each field in order, by name in lower case. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

/** Maximum size of a head in bytes. */
export const maxHead: number = 64 * 1024;

const statusLine = /^(HTTP(?:\/(\d+(?:\.\d+)?))?|ICY)[ \t]+(\d{3})(?!\d)[ \t]*(.*)$/i;

/** Head for a server that sends none, as in HTTP/0.9: all bytes are the body. */
const bareHead: Head = { status: 200, reason: "", keepAlive: false, fields: new Map() };

/**
 * Reads a head, and leaves the body unread. Skips interim responses (`100 Continue`) and blank lines before the head.
 *
 * Accepts the deviations that {@link parseHead} lists. With `bare`, a response that does not begin with a head is all
 * body. Throws for a head over 64 KiB, and when the connection closes before the end of the head.
 */
export async function readHead(reader: ByteReader, { bare }: { readonly bare: boolean }): Promise<Head> {
  let left = maxHead;
  for (;;) {
    left -= await skipLineEnds(reader, left);
    const start = await reader.peek(4);
    if (start.length === 0) throw new Error("it closed the connection without a response");
    if (!/^(HTTP|ICY )$/i.test(String.fromCharCode(...start))) {
      if (bare) return bareHead;
      throw new Error("its response is not HTTP");
    }
    const lines: string[] = [];
    for (;;) {
      const line = await reader.line(left);
      if (line === undefined) {
        const isLong = (await reader.peek(left)).length >= left;
        throw new Error(
          isLong ? `the head of its response is over ${maxHead / 1024} KiB` : "it closed the connection early",
        );
      }
      left -= line.length + 1;
      if (line.trim() === "") break;
      lines.push(line);
    }
    const head = parseHead(lines);
    if (head.status >= 200 || head.status === 101) return head;
  }
}

/**
 * Parses the lines of a head.
 *
 * Accepts LF and CRLF as line ends, spaces around names, and continuation lines that start with a space. Ignores lines
 * without a colon, and all status lines but the last. Throws if there is no status line. Source: RFC 9112, and cameras
 * that deviate from it.
 */
export function parseHead(lines: readonly string[]): Head {
  const fields = new Map<string, string[]>();
  let status: RegExpExecArray | undefined;
  let last: string[] | undefined;
  for (const line of lines) {
    const found = statusLine.exec(line);
    if (found) {
      status = found;
      last = undefined;
    } else if (/^[ \t]/.test(line) && last) {
      last.push(`${last.pop()} ${line}`.trim().replace(/\s+/g, " "));
    } else {
      const colon = line.indexOf(":");
      const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
      if (name === "") continue;
      last = fields.get(name) ?? [];
      last.push(line.slice(colon + 1).trim());
      fields.set(name, last);
    }
  }
  if (!status) throw new Error("its response has no status line");
  const [, protocol = "", version = "1.0", code, reason = ""] = status;
  const connection = fields.get("connection")?.join().toLowerCase() ?? "";
  const isKept = Number(version) >= 1.1 ? !connection.includes("close") : connection.includes("keep-alive");
  return { status: Number(code), reason: reason.trim(), keepAlive: isKept && !/^icy/i.test(protocol), fields };
}

async function skipLineEnds(reader: ByteReader, limit: number): Promise<number> {
  let skipped = 0;
  for (; skipped < limit; skipped += reader.skip(1)) {
    const [byte] = await reader.peek(1);
    if (byte !== 0x0d && byte !== 0x0a) break;
  }
  return skipped;
}
