import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framingOf, readBody } from "../../../src/source/http/body.ts";
import { ByteReader } from "../../../src/source/http/byte-reader.ts";
import { decodeBody } from "../../../src/source/http/decode.ts";
import { parseHead } from "../../../src/source/http/head.ts";
import { chunkedBytes } from "./bytes.ts";

const framing = (...fields: string[]) => framingOf(parseHead(["HTTP/1.1 200 OK", ...fields]));

async function read(text: string, { fields, size = text.length || 1 }: { fields: string[]; size?: number }) {
  const reader = new ByteReader(chunkedBytes(Buffer.from(text, "latin1"), size));
  const ends: boolean[] = [];
  const body = readBody(reader, { framing: framing(...fields), onEnd: (whole) => void ends.push(whole) });
  let read = "";
  for await (const chunk of body) read += Buffer.from(chunk).toString("latin1");
  return { body: read, ends, next: Buffer.from(await reader.peek(4)).toString("latin1") };
}

describe("A body", () => {
  const chunked = ["Transfer-Encoding: chunked"];
  it.each([
    ["of a length", "helloHTTP", ["Content-Length: 5"], { body: "hello", ends: [true], next: "HTTP" }],
    [
      "of a length told twice",
      "helloHTTP",
      ["Content-Length: 5", "Content-Length: 5"],
      { body: "hello", ends: [true] },
    ],
    ["that ends early", "hel", ["Content-Length: 999999999999"], { body: "hel", ends: [false] }],
    ["without a length", "hello", [], { body: "hello", ends: [false] }],
    ["whose lengths differ", "hello", ["Content-Length: 1", "Content-Length: 2"], { body: "hello", ends: [false] }],
    ["whose length is none", "hello", ["Content-Length: -1"], { body: "hello", ends: [false] }],
    ["in chunks", "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\nHTTP", chunked, { body: "hello", ends: [true], next: "HTTP" }],
    ["in chunks with LF", "5\nhello\n0\n\nHTTP", chunked, { body: "hello", ends: [true], next: "HTTP" }],
    [
      "in chunks with trailers",
      "5\r\nhello\r\n0\r\nA: b\r\n\r\nHTTP",
      chunked,
      { body: "hello", ends: [true], next: "HTTP" },
    ],
    [
      "in chunks, with a length too",
      "5\r\nhello\r\n0\r\n\r\nHTTP",
      [...chunked, "Content-Length: 3"],
      { body: "hello", ends: [true], next: "HTTP" },
    ],
    ["in chunks that end early", "9\r\nhello", chunked, { body: "hello", ends: [false] }],
    ["that is said to be in chunks and is not", "--frame\r\n", chunked, { body: "--frame\r\n", ends: [false] }],
    [
      "that is said to be in chunks and has a length",
      "ÿØhelHTTP",
      [...chunked, "Content-Length: 5"],
      { body: "ÿØhel", ends: [true], next: "HTTP" },
    ],
  ])("%s is read to its end", async (_, text, fields, expected) => {
    for (const size of [1, 2, 5, text.length]) expect(await read(text, { fields, size })).toMatchObject(expected);
  });

  it("in chunks is what was put into them, however they are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 50 }),
        async (chunks, size) => {
          const lines = chunks.map(
            (chunk) => `${chunk.length.toString(16)}\r\n${Buffer.from(chunk).toString("latin1")}\r\n`,
          );
          const { body, ends } = await read(`${lines.join("")}0\r\n\r\n`, {
            fields: ["Transfer-Encoding: chunked"],
            size,
          });
          expect(body).toBe(Buffer.concat(chunks).toString("latin1"));
          expect(ends).toEqual([true]);
        },
      ),
    );
  });

  it.each([
    ["of no length", "hello", 0],
    ["of a length", "hello", 2],
  ])("%s that goes on is read to the end of the connection, and that is told", async (_, text, length) => {
    for (const size of [1, 100]) {
      const reader = new ByteReader(chunkedBytes(Buffer.from(text), size));
      let [overruns, ends] = [0, 0];
      const body = readBody(reader, {
        framing: framing(`Content-Length: ${length}`),
        onEnd: () => void ends++,
        onOverrun: () => void overruns++,
      });
      let read = "";
      for await (const chunk of body) read += Buffer.from(chunk).toString();
      expect([read, overruns, ends]).toEqual([text, 1, 1]);
    }
  });

  it.each(["", "\r\n", "HTTP/1.1 200 OK", "\r\nHTTP/1.1 200 OK"])(
    "that is followed by %j does not go on",
    async (after) => {
      const reader = new ByteReader(chunkedBytes(Buffer.from(`hello${after}`), 3));
      const overruns: string[] = [];
      const body = readBody(reader, {
        framing: framing("Content-Length: 5"),
        onEnd: () => {},
        onOverrun: () => void overruns.push(after),
      });
      let read = "";
      for await (const chunk of body) read += Buffer.from(chunk).toString();
      expect([read, overruns]).toEqual(["hello", []]);
      expect(Buffer.from(await reader.peek(4)).toString()).toBe(after.trim().slice(0, 4));
    },
  );

  it("that is cancelled is not whole", async () => {
    const ends: boolean[] = [];
    const reader = new ByteReader(chunkedBytes(Buffer.from("hello"), 5));
    const body = readBody(reader, { framing: framing("Content-Length: 5"), onEnd: (whole) => void ends.push(whole) });
    await body.cancel();
    expect(ends).toEqual([false]);
  });
});

describe("decodeBody", () => {
  it("unzips, and takes no more of a bomb than its reader", async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    let taken = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (taken >= bomb.length) return controller.close();
          controller.enqueue(bomb.subarray(taken, taken + 1000));
          taken += 1000;
        },
      },
      { highWaterMark: 0 },
    );
    const reader = decodeBody(body, "gzip").getReader();
    for (let read = 0; read < 100_000; ) read += (await reader.read()).value?.length ?? 0;
    expect(taken).toBeLessThan(20_000);
    await reader.cancel();
  });

  it.each<[string, Uint8Array, string]>([
    ["gzip", gzipSync("hello"), "gzip"],
    ["gzip by another name", gzipSync("hello"), "x-gzip"],
    ["gzip that is said to be deflate", gzipSync("hello"), "deflate"],
    ["zlib", deflateSync("hello"), "deflate"],
    ["raw deflate", deflateRawSync("hello"), "deflate"],
  ])("decompresses %s", async (_, bytes, encoding) => {
    for (const size of [1, 2, 100]) expect(await readAll(bytes, size, encoding)).toBe("hello");
  });

  it.each(["gzip", "deflate", "br", "none", "utf-8", ""])(
    "passes on what is not compressed as %s says",
    async (encoding) => {
      for (const text of ["--frame\r\n", "\xff\xd8\xff", "\xff", ""]) {
        for (const size of [1, 100]) expect(await readAll(Buffer.from(text, "latin1"), size, encoding)).toBe(text);
      }
    },
  );

  async function readAll(bytes: Uint8Array, size: number, encoding: string): Promise<string> {
    let text = "";
    for await (const chunk of decodeBody(chunkedBytes(bytes, size), encoding)) {
      text += Buffer.from(chunk).toString("latin1");
    }
    return text;
  }
});
