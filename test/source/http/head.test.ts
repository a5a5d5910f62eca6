import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader } from "../../../src/source/http/byte-reader.ts";
import { maxHead, parseHead, readHead } from "../../../src/source/http/head.ts";
import { chunkedBytes } from "./bytes.ts";

const jpegType = new Map([["content-type", ["image/jpeg"]]]);

async function read(text: string, { size = text.length || 1, bare = true } = {}) {
  const reader = new ByteReader(chunkedBytes(Buffer.from(text, "latin1"), size));
  const head = await readHead(reader, { bare });
  let rest = "";
  for (let chunk = await reader.chunk(); chunk; chunk = await reader.chunk())
    rest += Buffer.from(chunk).toString("latin1");
  return { head, rest };
}

describe("readHead", () => {
  it.each([
    ["as it should be", "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\nbody", jpegType],
    ["lines that end with LF", "HTTP/1.1 200 OK\nContent-Type: image/jpeg\n\nbody", jpegType],
    ["lines that end with CR CR LF", "HTTP/1.1 200 OK\r\r\nContent-Type: image/jpeg\r\r\n\r\r\nbody", jpegType],
    ["a blank before the colon", "HTTP/1.1 200 OK\r\nContent-Type : image/jpeg\r\n\r\nbody", jpegType],
    ["no blank behind the colon", "HTTP/1.1 200 OK\r\nCONTENT-TYPE:image/jpeg\r\n\r\nbody", jpegType],
    [
      "a line without a name",
      "HTTP/1.1 200 OK\r\nTue, 12 Jun 2012\r\n: x\r\nContent-Type: image/jpeg\r\n\r\nbody",
      jpegType,
    ],
    ["a folded field", "HTTP/1.1 200 OK\r\nContent-Type:\r\n image/jpeg\r\n\r\nbody", jpegType],
    ["two status lines", "HTTP/1.0 404 No\r\nHTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\nbody", jpegType],
    [
      "an interim answer",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\nbody",
      jpegType,
    ],
    ["ICY", "ICY 200 OK\r\nContent-Type: image/jpeg\r\n\r\nbody", jpegType],
    ["no version and no reason", "HTTP 200\r\nContent-Type: image/jpeg\r\n\r\nbody", jpegType],
    ["empty lines before it", "\r\n\n\r\nHTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\nbody", jpegType],
    ["nothing but a body", "body", new Map()],
    ["a body without a status line", "--frame\r\n\r\nbody", new Map()],
  ])("takes %s, in pieces of whatever size", async (_, text, fields) => {
    for (const size of [1, 2, 3, 7, text.length]) {
      const { head, rest } = await read(text, { size });
      expect(head).toMatchObject({ status: 200 });
      expect(Object.fromEntries(head.fields)).toMatchObject(Object.fromEntries(fields));
      expect(rest.endsWith("body")).toBe(true);
      if (fields.size > 0) expect(rest).toBe("body");
    }
  });

  it.each([
    ["", "without a response"],
    ["HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n", "closed the connection early"],
    ["HTTP/1.1 abc\r\n\r\n", "no status line"],
    [`HTTP/1.1 200 OK\r\nX: ${"x".repeat(maxHead)}`, "over 64 KiB"],
    [`HTTP/1.1 200 OK\r\n${"X: y\r\n".repeat(maxHead / 4)}`, "over 64 KiB"],
  ])("refuses %.30j", async (text, why) => {
    await expect(read(text)).rejects.toThrow(why);
  });

  it("takes a bare body on a new connection alone", async () => {
    await expect(read("garbage", { bare: false })).rejects.toThrow("is not HTTP");
  });

  it("reads the same however the bytes are cut, and fails with words whatever they are", async () => {
    const words = [
      "HTTP/1.1 200 OK",
      "HTTP/1.0",
      "ICY 200",
      "\r\n",
      "\n",
      "\r",
      ":",
      " ",
      "\t",
      "Content-Length",
      "5",
      "\0",
      "ÿ",
      "x",
    ];
    const texts = fc
      .array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 5 })), { maxLength: 30 })
      .map((all) => all.join(""));
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 9 }), async (text, size) => {
        const settle = (promise: Promise<unknown>) => promise.catch((error: Error) => error.message);
        const [whole, cut] = await Promise.all([settle(read(text)), settle(read(text, { size }))]);
        expect(cut).toEqual(whole);
      }),
    );
  });
});

describe("keepAlive", () => {
  it.each([
    [["HTTP/1.1 200 OK"], true],
    [["HTTP/1.1 200 OK", "Connection: Close"], false],
    [["HTTP/1.0 200 OK"], false],
    [["HTTP/1.0 200 OK", "Connection: Keep-Alive"], true],
    [["ICY 200 OK", "Connection: keep-alive"], false],
  ])("of %j is %s", (lines, expected) => {
    expect(parseHead(lines).keepAlive).toBe(expected);
  });
});
