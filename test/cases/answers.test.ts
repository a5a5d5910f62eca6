import type { Socket } from "node:net";
import { constants, createGzip, deflateRawSync, deflateSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { type AnswerRequest, httpDevice, part, play, send } from "../fixtures/http-device.ts";
import { picture } from "../fixtures/picture.ts";
import { until } from "../fixtures/until.ts";
import { watch } from "../fixtures/watch-camera.ts";

let pictures: readonly Uint8Array[] = [];
beforeAll(async () => {
  pictures = await Promise.all(Array.from({ length: 8 }, (_, number) => picture(number)));
});
const pictureOf = (number: number) => pictures[number % pictures.length] ?? new Uint8Array();
const isOne = (data: Uint8Array) => pictures.some((one) => Buffer.from(one).equals(data));

const ok = "HTTP/1.1 200 OK\r\n";
const multipart = `${ok}Content-Type: multipart/x-mixed-replace; boundary=frame\r\n`;
const single = (jpeg: Uint8Array, more = "Content-Type: image/jpeg\r\n") =>
  `${ok}${more}Content-Length: ${jpeg.length}\r\n\r\n`;
const give = (socket: Socket, number: number) => send(socket, single(pictureOf(number)), pictureOf(number));
const chunk = (bytes: Uint8Array, more = "", lead = "") =>
  Buffer.concat([Buffer.from(`${lead}${bytes.length.toString(16)}${more}\r\n`), bytes, Buffer.from("\r\n")]);
const wrapped = (jpeg: Uint8Array, headers: string, { delimiter = "--frame", end = "\r\n" } = {}) =>
  Buffer.concat([Buffer.from(`${delimiter}\r\n${headers}\r\n`), jpeg, Buffer.from(end)]);

/** Streams by head and wrapping of each picture. */
const streams: Record<string, [head: string, wrap: (jpeg: Uint8Array) => Uint8Array]> = {
  "chunks with extensions": [`${multipart}Transfer-Encoding: chunked\r\n\r\n`, (jpeg) => chunk(part(jpeg), ";a=b; c")],
  "blanks around the sizes of chunks": [
    `${multipart}Transfer-Encoding: chunked\r\n\r\n`,
    (jpeg) => chunk(part(jpeg), "   ", " 000"),
  ],
  "a gzip label on plain bytes": [`${multipart}Content-Encoding: gzip\r\n\r\n`, part],
  "an unknown content encoding": [`${multipart}Content-Encoding: utf-8\r\n\r\n`, part],
  "a length of 0": [`${multipart}Content-Length: 0\r\n\r\n`, part],
  "a length of 0 around bare pictures": [
    `${ok}Content-Type: video/x-motion-jpeg\r\nContent-Length: 0\r\n\r\n`,
    (jpeg) => jpeg,
  ],
  "a length of 100": [`${multipart}Content-Length: 100\r\n\r\n`, part],
  "a negative length": [`${multipart}Content-Length: -1\r\n\r\n`, part],
  "a quoted boundary": [`${ok}Content-Type: multipart/x-mixed-replace;boundary="frame"\r\n\r\n`, part],
  "dashes in the boundary's name": [`${ok}Content-Type: multipart/x-mixed-replace;boundary=--frame\r\n\r\n`, part],
  "no name of a boundary": [`${ok}Content-Type: multipart/x-mixed-replace\r\n\r\n`, part],
  "another boundary than announced": [
    `${multipart}\r\n`,
    (jpeg) => wrapped(jpeg, "Content-Type: image/jpeg\r\n", { delimiter: "--other" }),
  ],
  "delimiters without dashes": [
    `${multipart}\r\n`,
    (jpeg) => wrapped(jpeg, "Content-Type: image/jpeg\r\n", { delimiter: "frame" }),
  ],
  "parts without header lines": [`${multipart}\r\n`, (jpeg) => wrapped(jpeg, "")],
  "header lines in odd case, with times and blanks": [
    `${multipart}\r\n`,
    (jpeg) =>
      wrapped(jpeg, `CONTENT-type: IMAGE/JPEG\r\nContent-length :${jpeg.length}  \r\nX-Timestamp: 12345.678\r\n`),
  ],
  "no empty line behind the header lines": [
    `${multipart}\r\n`,
    (jpeg) => Buffer.concat([Buffer.from(`--frame\r\nContent-Length: ${jpeg.length}\r\n`), jpeg, Buffer.from("\r\n")]),
  ],
  "each delimiter twice": [
    `${multipart}\r\n`,
    (jpeg) => wrapped(jpeg, "Content-type:image/jpeg\r\n", { delimiter: "--frame\r\n--frame" }),
  ],
  "delimiters that all look final": [
    `${ok}Content-Type: multipart/x-mixed-replace;boundary=data-boundary--\r\n\r\n`,
    (jpeg) => wrapped(jpeg, "X-UtcTime:1690526144\r\n", { delimiter: "--data-boundary--" }),
  ],
  "a delimiter behind each part and none before the first": [
    `${multipart}\r\n`,
    (jpeg) => Buffer.concat([Buffer.from("Content-Type: image/jpeg\r\n\r\n"), jpeg, Buffer.from("\r\n--frame\r\n")]),
  ],
  "lengths that are no numbers, and long dates": [
    `${multipart}\r\n`,
    (jpeg) =>
      wrapped(jpeg, `Content-Length: : ${jpeg.length}x\r\nDate: 01-01-2011 03:30:45 AM IO_00000000_PT_003_000\r\n`),
  ],
  "a head in each part": [
    `${multipart}\r\n`,
    (jpeg) => wrapped(jpeg, "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"),
  ],
  "parts without a line end behind them": [`${multipart}\r\n`, (jpeg) => wrapped(jpeg, "A: b\r\n", { end: "" })],
  "a preamble": [`${multipart}\r\nWelcome\r\nserver push\r\n\r\n`, part],
  "a final delimiter again and again": [
    `${multipart}\r\n`,
    (jpeg) => wrapped(jpeg, "Content-Type: image/jpeg\r\n", { end: "\r\n--frame--\r\n" }),
  ],
  "empty parts between": [`${multipart}\r\n`, (jpeg) => Buffer.concat([part(jpeg), part(new Uint8Array())])],
  "parts of JSON between": [
    `${multipart}\r\n`,
    (jpeg) => Buffer.concat([part(jpeg), part(Buffer.from('{"motion":1}'), "application/json")]),
  ],
  "lengths that are two short": [`${multipart}\r\n`, (jpeg) => wrapped(jpeg, `Content-Length: ${jpeg.length - 2}\r\n`)],
  "zeros behind each picture": [
    `${multipart}\r\n`,
    (jpeg) => wrapped(Buffer.concat([jpeg, new Uint8Array(4000)]), `Content-Length: ${jpeg.length + 4000}\r\n`),
  ],
};

/** Single pictures; some cameras close the connection behind each. */
const singles: Record<string, AnswerRequest> = {
  "deflate with a zlib header": (socket, _, number) => {
    const zipped = deflateSync(pictureOf(number));
    send(socket, single(zipped, "Content-Encoding: deflate\r\n"), zipped);
  },
  "deflate without one": (socket, _, number) => {
    const zipped = deflateRawSync(pictureOf(number));
    send(socket, single(zipped, "Content-Encoding: deflate\r\n"), zipped);
  },
  "a content encoding of none": (socket, _, number) =>
    send(socket, single(pictureOf(number), "Content-Encoding: none\r\n"), pictureOf(number)),
  "chunks without a last one": (socket, _, number) => {
    send(socket, `${ok}Transfer-Encoding: chunked\r\n\r\n`, chunk(pictureOf(number)));
    socket.end();
  },
  "an answer without a length that does not end": (socket, _, number) =>
    send(socket, `${ok}Content-Type: image/jpeg\r\n\r\n`, pictureOf(number)),
  "a length of 0": (socket, _, number) => send(socket, single(new Uint8Array()), pictureOf(number)),
  "a length that is two short": (socket, _, number) =>
    send(socket, single(pictureOf(number).subarray(2)), pictureOf(number)),
  "zeros behind the picture": (socket, _, number) => {
    const filled = Buffer.concat([pictureOf(number), new Uint8Array(4000)]);
    send(socket, single(filled), filled);
  },
  "100 Continue first": (socket, _, number) =>
    send(socket, `HTTP/1.1 100 Continue\r\n\r\n${single(pictureOf(number))}`, pictureOf(number)),
  "206 as the status": (socket, _, number) =>
    send(socket, single(pictureOf(number)).replace("200 OK", "206 Partial Content"), pictureOf(number)),
  "a status line in lower case, without a reason": (socket, _, number) =>
    send(socket, single(pictureOf(number)).replace("HTTP/1.1 200 OK", "http/1.1 200"), pictureOf(number)),
  "204 now and then": (socket, _, number) =>
    number % 3 === 2 ? send(socket, "HTTP/1.1 204 No Content\r\n\r\n") : give(socket, number),
  "304 for a picture that has not changed": (socket, _, number) =>
    number % 6 === 0 ? give(socket, number / 6) : send(socket, "HTTP/1.1 304 Not Modified\r\n\r\n"),
  "429 without a time": (socket, _, number) =>
    number % 3 === 2 ? send(socket, "HTTP/1.1 429 Busy\r\nContent-Length: 0\r\n\r\n") : give(socket, number),
};

/** Redirects by their answer; the picture is at `/a/b.jpg?q=1`. */
const redirects: Record<string, string> = {
  "301 to a relative address": "HTTP/1.1 301 Moved\r\nLocation: b.jpg?q=1#here\r\nContent-Length: 0\r\n\r\n",
  "303 to a path": "HTTP/1.1 303 See Other\r\nLocation: /a/b.jpg?q=1\r\nContent-Length: 0\r\n\r\n",
  "307 with a page": "HTTP/1.1 307 Moved\r\nlocation:/a/b.jpg?q=1\r\nContent-Length: 5\r\n\r\nmoved",
  "308 with an endless page": "HTTP/1.1 308 Moved\r\nLocation: ./b.jpg?q=1\r\n\r\nmoved",
};

describe("A camera plays", () => {
  it.each(Object.entries(streams))("a stream with %s", async (_, [head, wrap]) => {
    const device = await httpDevice((socket) => {
      socket.write(head, "latin1");
      play(socket, pictures, (jpeg) => wrap(jpeg));
    });
    const { frames, front } = watch({ source: `http://127.0.0.1:${device.port}/s` });
    await until(() => frames.length >= 6, "there are pictures");
    expect(frames.every(isOne)).toBe(true);
    expect(front.restarts).toBe(0);
  });

  it("a stream that is zipped", async () => {
    const device = await httpDevice((socket) => {
      socket.write(`${multipart}Content-Encoding: gzip\r\n\r\n`);
      const zip = createGzip({ flush: constants.Z_SYNC_FLUSH });
      zip.on("data", (bytes) => socket.write(bytes));
      let number = 0;
      const timer = setInterval(() => zip.write(part(pictureOf(number++))), 100);
      socket.on("close", () => clearInterval(timer));
    });
    const { frames } = watch({ source: `http://127.0.0.1:${device.port}/s` });
    await until(() => frames.length >= 4, "there are pictures");
    expect(frames.every(isOne)).toBe(true);
  });

  it.each(Object.entries(singles))("single pictures with %s", async (_, answer) => {
    const device = await httpDevice(answer);
    const { frames, front } = watch({ source: `http://127.0.0.1:${device.port}/s` });
    await until(() => frames.length >= 3, "there are pictures");
    expect(frames.every(isOne)).toBe(true);
    expect(front.restarts).toBe(0);
  });

  it.each(Object.entries(redirects))("pictures behind a redirect: %s", async (_, redirect) => {
    const device = await httpDevice((socket, request, number) => {
      if (request.startsWith("GET /a/b.jpg?q=1 HTTP")) give(socket, number);
      else send(socket, redirect);
    });
    const { frames } = watch({ source: `http://127.0.0.1:${device.port}/a/s` });
    await until(() => frames.length >= 3, "there are pictures");
  });

  it("pictures of an IPv6 address, with blanks and brackets in the query", async () => {
    const device = await httpDevice((socket, _, number) => give(socket, number), { host: "::1" });
    const { frames } = watch({ source: `http://[::1]:${device.port}/a b?x=[1]&y=a b` });
    await until(() => frames.length >= 3, "there are pictures");
    expect(device.requests[0]).toContain("GET /a%20b?x=[1]&y=a%20b HTTP/1.1\r\n");
    expect(device.requests[0]).toContain(`\r\nHost: [::1]:${device.port}\r\n`);
  });
});

/** Damaged pictures that decoders show, as single answers. */
const damages: Record<string, (jpeg: Uint8Array) => Uint8Array> = {
  "no EOI": (jpeg) => jpeg.subarray(0, -2),
  "half an EOI": (jpeg) => jpeg.subarray(0, -1),
  "zeros in place of the EOI": (jpeg) => Buffer.concat([jpeg.subarray(0, -2), new Uint8Array(64)]),
  "junk between segments": (jpeg) => Buffer.concat([jpeg.subarray(0, 21), Buffer.from([1, 2, 3]), jpeg.subarray(21)]), // behind the comment
};
const ways: Record<string, (socket: Socket, jpeg: Uint8Array) => void> = {
  "a length": (socket, jpeg) => send(socket, single(jpeg), jpeg),
  chunks: (socket, jpeg) =>
    send(socket, `${ok}Transfer-Encoding: chunked\r\n\r\n`, Buffer.concat([chunk(jpeg), Buffer.from("0\r\n\r\n")])),
  "no length": (socket, jpeg) => {
    send(socket, "HTTP/1.0 200 OK\r\n\r\n", jpeg);
    socket.end();
  },
};

describe("Single pictures are repaired", () => {
  const all = Object.keys(damages).flatMap((damage) => Object.keys(ways).map((way) => [damage, way] as const));
  it.each(all)("that have %s and come with %s", async (damage, way) => {
    const device = await httpDevice((socket, _, number) =>
      ways[way]?.(socket, damages[damage]?.(pictureOf(number)) ?? new Uint8Array()),
    );
    const { frames, front } = watch({ source: `http://127.0.0.1:${device.port}/s` });
    await until(() => frames.length >= 2, "there are pictures");
    expect(frames.every((data) => data.at(-2) === 0xff && data.at(-1) === 0xd9)).toBe(true);
    expect(front.input.repaired).toBeGreaterThanOrEqual(2);
  });

  it("only if the answer is complete", async () => {
    const device = await httpDevice((socket, _, number) => {
      if (number % 2 === 0) return give(socket, number);
      send(socket, single(pictureOf(number)), pictureOf(number).subarray(0, -20));
      socket.end();
    });
    const { frames, front } = watch({ source: `http://127.0.0.1:${device.port}/s` });
    await until(() => frames.length >= 4, "there are pictures");
    expect(front.input.repaired).toBe(0);
    expect(frames.every(isOne)).toBe(true);
  });
});
