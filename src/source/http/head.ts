import type { ByteReader } from "./byte-reader.ts";

/** The status line and the header fields of an answer. */
export interface Head {
  /** The status, such as 200. */
  readonly status: number;
  /** The words behind it, which may be none. */
  readonly reason: string;
  /** The server keeps the connection open for another request. */
  readonly keepAlive: boolean;
  /** All values of each field, in order, by its name in lower case. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

/** Bytes of the longest head that is read. */
export const maxHead: number = 64 * 1024;

const statusLine = /^(HTTP(?:\/(\d+(?:\.\d+)?))?|ICY)[ \t]+(\d{3})(?!\d)[ \t]*(.*)$/i;

/** Stands for the head of a server that sends none, as HTTP/0.9 did: everything is its body. */
const bareHead: Head = { status: 200, reason: "", keepAlive: false, fields: new Map() };

/**
 * Reads a head, and leaves the body unread. Skips interim answers (`100 Continue`).
 *
 * Takes what cameras send and players play: see {@link parseHead}. Blank lines before it are skipped. With `bare`, bytes
 * that are no head at all are a body. Throws for a head over 64 KiB, and when the connection ends before or within it.
 */
export async function readHead(reader: ByteReader, { bare }: { readonly bare: boolean }): Promise<Head> {
  let left = maxHead;
  for (;;) {
    left -= await skipLineEnds(reader, left);
    const start = await reader.peek(4);
    if (start.length === 0) throw new Error("it closed the connection without an answer");
    if (!/^(HTTP|ICY )$/i.test(String.fromCharCode(...start))) {
      if (bare) return bareHead;
      throw new Error("its answer does not begin as one of HTTP does");
    }
    const lines: string[] = [];
    for (;;) {
      const line = await reader.line(left);
      if (line === undefined) {
        const isLong = (await reader.peek(left)).length >= left;
        throw new Error(
          isLong ? `the head of its answer is over ${maxHead / 1024} KiB` : "it closed the connection early",
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
 * Lines end with LF or CRLF. A name may have blanks around it, a line that starts with a blank continues the one before,
 * a line without a colon is ignored, and of several status lines the last one counts. Throws without any status line.
 * Source: RFC 9112, and the cameras that do not follow it.
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
  if (!status) throw new Error("its answer has no status line");
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
