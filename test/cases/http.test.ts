import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import type { CameraOptions } from "../../src/camera/options.ts";
import { type AnswerRequest, httpDevice, part, play, send } from "../fixtures/http-device.ts";
import { pause } from "../fixtures/machine.ts";
import { picture } from "../fixtures/picture.ts";
import { freePort } from "../fixtures/ports.ts";
import { until } from "../fixtures/until.ts";
import { watch } from "../fixtures/watch-camera.ts";

let pictures: readonly Uint8Array[] = [];
beforeAll(async () => {
  pictures = await Promise.all(Array.from({ length: 12 }, (_, number) => picture(number)));
});
const pictureOf = (number: number) => pictures[number % pictures.length] ?? new Uint8Array();

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const isOne = (data: Uint8Array) => pictures.some((one) => hex(one) === hex(data));

const stream =
  "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\nConnection: close\r\n\r\n";
const one = (jpeg: Uint8Array, more = "Content-Type: image/jpeg\r\n") =>
  `HTTP/1.1 200 OK\r\n${more}Content-Length: ${jpeg.length}\r\n\r\n`;
const bare = (jpeg: Uint8Array) => jpeg;

/** Streams by head and wrapping of each picture. */
const streams: Record<string, [head: string, wrap: (jpeg: Uint8Array) => Uint8Array]> = {
  "multipart as it should be": [stream, part],
  "lines that end with LF": [stream.replaceAll("\r\n", "\n"), part],
  "two status lines": [`HTTP/1.0 200 OK\r\n${stream}`, part],
  "two heads": [`HTTP/1.0 200 OK\r\nServer: x\r\n\r\n${stream}`, part],
  "no status line": [stream.slice(stream.indexOf("\n") + 1), part],
  "nothing but pictures": ["", bare],
  ICY: [stream.replace("HTTP/1.1", "ICY"), part],
  "blanks before colons and a line without a name": [
    stream.replace("Type:", "Type :").replace("Conn", "a line\r\nConn"),
    part,
  ],
  "no type": ["HTTP/1.0 200 OK\r\n\r\n", part],
  "text/html around JPEG parts": ["HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n", part],
  "image/jpeg of a stream": ["HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n", bare],
  "octet-stream": ["HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n", part],
  "video/x-motion-jpeg": ["HTTP/1.0 200 OK\r\nContent-Type: video/x-motion-jpeg\r\n\r\n", bare],
  "parts of type image/mjpeg": [stream, (jpeg) => part(jpeg, "image/mjpeg")],
  "parts of type application/octet-stream": [stream, (jpeg) => part(jpeg, "application/octet-stream")],
  "chunks that are none": [stream.replace("Connection", "Transfer-Encoding: chunked\r\nConnection"), part],
  "a length that is far too long": [stream.replace("Connection", "Content-Length: 999999999999\r\nConnection"), part],
};

/** Single pictures by head. */
const singles: Record<string, (socket: Socket, jpeg: Uint8Array) => void> = {
  "image/jpeg as it should be": (socket, jpeg) => send(socket, one(jpeg), jpeg),
  "no type": (socket, jpeg) => send(socket, one(jpeg, ""), jpeg),
  "image/pjpeg": (socket, jpeg) => send(socket, one(jpeg, "Content-Type: image/pjpeg\r\n"), jpeg),
  "no length": (socket, jpeg) => {
    send(socket, "HTTP/1.0 200 OK\r\n\r\n", jpeg);
    socket.end();
  },
  "multipart of one picture": (socket, jpeg) =>
    send(socket, one(jpeg, "Content-Type: multipart/x-mixed-replace;boundary=x\r\n"), jpeg),
  "a multipart stream that ends behind one picture": (socket, jpeg) => {
    send(socket, stream, part(jpeg));
    socket.end();
  },
  "zipped pictures": (socket, jpeg) => {
    const zipped = gzipSync(jpeg);
    send(socket, one(zipped, "Content-Encoding: gzip\r\n"), zipped);
  },
  "one chunk": (socket, jpeg) => {
    send(socket, `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${jpeg.length.toString(16)}\r\n`, jpeg);
    send(socket, "\r\n0\r\n\r\n");
  },
  "a length that is too long": (socket, jpeg) =>
    send(socket, one(jpeg).replace(/\d+(?=\r\n\r\n)/, "999999999999"), jpeg),
  "an image behind a redirect": (socket, jpeg) => send(socket, one(jpeg), jpeg),
};

describe("A camera plays", () => {
  it.each(Object.entries(streams))("a stream with %s", async (_, [head, wrap]) => {
    const device = await httpDevice((socket) => {
      socket.write(head, "latin1");
      play(socket, pictures, wrap);
    });
    const { frames, front } = watch({ source: `http://127.0.0.1:${device.port}/s` });
    await until(() => frames.length >= 8, "there are pictures");
    expect(frames.every(isOne)).toBe(true);
    expect(front.restarts).toBe(0);
  });

  it.each(Object.entries(singles))("pictures that are asked for one by one, with %s", async (_, answer) => {
    const device = await httpDevice((socket, __, number) => answer(socket, pictureOf(number)));
    const { frames, front } = watch({ source: `http://127.0.0.1:${device.port}/s` });
    await until(() => frames.length >= 3, "there are pictures");
    expect(frames.every(isOne)).toBe(true);
    expect(front.restarts).toBe(0);
  });
});

describe("Single pictures", () => {
  const poll = async (answer: AnswerRequest, options: CameraOptions = {}) => {
    const device = await httpDevice(answer);
    return { device, ...watch({ source: `http://127.0.0.1:${device.port}/s`, ...options }) };
  };
  const give = (socket: Socket, number: number) => send(socket, one(pictureOf(number)), pictureOf(number));

  it.each<[string, (socket: Socket) => void]>([
    ["503", (socket) => send(socket, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")],
    ["garbage", (socket) => send(socket, one(pictureOf(0)), Buffer.alloc(pictureOf(0).length))],
    ["a reset", (socket) => void socket.resetAndDestroy()],
    ["nothing", (socket) => send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")],
  ])("go on behind one bad answer: %s", async (_, fail) => {
    const { frames, front } = await poll((socket, __, number) =>
      number % 4 === 3 ? fail(socket) : give(socket, number),
    );
    await until(() => frames.length >= 8, "there are pictures");
    expect(front.restarts).toBe(0);
  });

  it("are a failure when three answers in a row are bad, and the detail says which and where", async () => {
    const { front, causes, device } = await poll((socket, _, number) => {
      if (number < 2) give(socket, number);
      else send(socket, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    });
    await until(() => front.restarts > 0, "it fails");
    expect(causes[0]).toBe(`Cannot pull http://127.0.0.1:${device.port}/s: it answered 503 Busy`);
    expect(device.requests.length).toBeGreaterThanOrEqual(5);
  });

  it("are asked for on one connection, and again when that was closed unannounced", async () => {
    const { frames, front, device } = await poll((socket, _, number) => {
      give(socket, number);
      if (number % 4 === 3) setTimeout(() => socket.resetAndDestroy(), 100);
    });
    await until(() => frames.length >= 12, "there are pictures");
    expect(front.restarts).toBe(0);
    expect(device.connections()).toBeLessThan(6);
    expect(device.open()).toBeLessThan(3);
  });

  it("that stay the same are one picture: the camera stalls, and is asked on", async () => {
    const { frames, front, states, causes, device } = await poll((socket) => give(socket, 0), { stallAfter: 600 });
    await until(() => front.state.state === "stalled", "it stalls");
    const asked = device.requests.length;
    await until(() => device.requests.length > asked + 10, "it is asked on");
    expect(frames).toHaveLength(1);
    expect(states.filter((state) => state !== "starting")).toEqual(["live", "stalled"]);
    expect(causes.at(-1)).toContain("every answer is the same picture");
  });

  it("are asked for when a busy camera wants it", async () => {
    const { frames, front, device } = await poll((socket, _, number) => {
      if (number === 2) send(socket, "HTTP/1.1 429 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n");
      else give(socket, number);
    });
    await until(() => frames.length >= 4, "there are pictures");
    expect((device.times[3] ?? 0) - (device.times[2] ?? 0)).toBeGreaterThan(950);
    expect(front.restarts).toBe(0);
  });

  it.each<[string, CameraOptions]>([
    ["every", { every: 700 }],
    ["fps", { fps: 1.4 }],
  ])("are asked for at the pace that %s sets, and are not stalled between two", async (_, options) => {
    const { frames, device, states } = await poll((socket, __, number) => give(socket, number), {
      ...options,
      stallAfter: 300,
    });
    await until(() => frames.length >= 4, "there are pictures");
    const [first = 0, second = 0] = device.times;
    expect(second - first).toBeGreaterThan(650);
    expect(states).not.toContain("stalled");
  });

  it("over max_frame, zipped or endless, take no memory", async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000));
    const answers: ((socket: Socket) => void)[] = [
      (socket) => send(socket, one(bomb, "Content-Type: image/jpeg\r\nContent-Encoding: gzip\r\n"), bomb),
      (socket) => {
        send(socket, "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n", pictureOf(0).subarray(0, 20));
        const write = () => {
          while (!socket.destroyed && socket.write(Buffer.alloc(65_536)));
        };
        socket.on("drain", write);
        write();
      },
    ];
    const before = process.memoryUsage().rss;
    for (const answer of answers) {
      const { front, causes } = await poll((socket) => answer(socket), { maxFrameSize: 1_000_000 });
      await until(() => causes.length > 0, "it gives up");
      expect(front.input.bytes).toBeGreaterThan(90_000_000);
      await front.close();
    }
    expect((process.memoryUsage().rss - before) / 1e6).toBeLessThan(150);
  });
});

describe("A stream that is cut", () => {
  it("goes on at once, time after time", async () => {
    const device = await httpDevice((socket) => {
      socket.write(stream);
      play(socket, pictures);
      setTimeout(() => socket.end(), 1000);
    });
    const { front } = watch({ source: `http://127.0.0.1:${device.port}/s` });
    await until(() => device.requests.length >= 5, "it was cut four times");
    const gaps = device.times.slice(1).map((time, at) => time - (device.times[at] ?? 0));
    expect(Math.min(...gaps)).toBeLessThan(1500);
    expect(front.input.frames).toBeGreaterThan(30);
  });
});

describe("A login", () => {
  const algorithms = ["MD5", "SHA-256", "MD5-sess", undefined];
  const hashes: Record<string, string> = { MD5: "md5", "SHA-256": "sha256" };

  it.each(algorithms.flatMap((algorithm) => ["auth", undefined].map((qop) => [algorithm, qop])))(
    "by Digest %s with qop %s is good for a stream and for pictures, and survives a new nonce",
    async (algorithm, qop) => {
      const hash = (text: string) =>
        createHash(hashes[algorithm?.replace("-sess", "") ?? "MD5"] ?? "md5")
          .update(text)
          .digest("hex");
      let nonce = 1;
      let granted = 0;
      const device = await httpDevice((socket, request) => {
        const header = /^authorization: digest (.*)$/im.exec(request)?.[1] ?? "";
        const given = Object.fromEntries(
          [...header.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map(([, name, a, b]) => [name, a ?? b]),
        );
        const login = hash('guest:a "realm":g:u e#st');
        const secret = algorithm?.endsWith("-sess") ? hash(`${login}:${given.nonce}:${given.cnonce}`) : login;
        const asked = hash("GET:/s?x=1");
        const middle = qop ? `${given.nc}:${given.cnonce}:${qop}:` : "";
        const isGood = given.response === hash(`${secret}:${given.nonce}:${middle}${asked}`) && given.uri === "/s?x=1";
        if (!isGood || given.nonce !== String(nonce)) {
          const challenge = `Digest realm="a \\"realm\\"", nonce="${nonce}"${qop ? `, qop="${qop}"` : ""}${algorithm ? `, algorithm=${algorithm}` : ""}${isGood ? ", stale=true" : ""}`;
          return send(socket, `HTTP/1.1 401 No\r\nWWW-Authenticate: ${challenge}\r\nContent-Length: 4\r\n\r\n`, "what");
        }
        if (++granted % 3 === 0) nonce++;
        send(socket, one(pictureOf(granted)), pictureOf(granted));
      });
      const { frames, front } = watch({ source: `http://guest:g%3Au%20e%23st@127.0.0.1:${device.port}/s?x=1` });
      await until(() => frames.length >= 7, "there are pictures");
      expect(front.restarts).toBe(0);
      expect(device.connections()).toBe(1);
      expect(device.requests.filter((request) => /basic/i.test(request))).toEqual([]);
    },
  );

  it("with a wrong password is tried once, says so, and waits, whoever comes", async () => {
    const device = await httpDevice((socket) =>
      send(socket, 'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'),
    );
    const { front, causes } = watch({ source: `http://me:hunter2@127.0.0.1:${device.port}/s` });
    await until(() => front.state.state === "failed", "it fails");
    await front.tee().cancel();
    await pause(1500);
    await front.tee().cancel();
    expect(device.requests).toHaveLength(2);
    expect(causes).toEqual([
      `Cannot pull http://***@127.0.0.1:${device.port}/s: it answered 401 No: the user name or password is wrong, or does not allow this`,
    ]);
  });

  it.each([
    ['Digest realm="x", nonce="y"', "user name and a password"],
    ["Bearer", "headers: { Authorization"],
  ])("that %s asks for is named where there is none", async (challenge, advice) => {
    const device = await httpDevice((socket) =>
      send(socket, `HTTP/1.1 401 No\r\nWWW-Authenticate: ${challenge}\r\nContent-Length: 0\r\n\r\n`),
    );
    const { causes } = watch({ source: `http://127.0.0.1:${device.port}/s` });
    await until(() => causes.length > 0, "it fails");
    expect(causes[0]).toContain(advice);
  });

  it("by header fields of one's own", async () => {
    const device = await httpDevice((socket, request, number) => {
      if (!request.includes("\r\nAuthorization: Bearer abc\r\n"))
        return send(socket, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
      send(socket, one(pictureOf(number)), pictureOf(number));
    });
    const { frames } = watch({
      source: `http://127.0.0.1:${device.port}/s`,
      headers: { Authorization: "Bearer abc", "User-Agent": "VLC" },
    });
    await until(() => frames.length >= 2, "there are pictures");
    expect(device.requests[0]).toContain("\r\nUser-Agent: VLC\r\n");
  });
});

describe("A redirect", () => {
  const redirect = (socket: Socket, to: string) =>
    send(socket, `HTTP/1.1 302 Found\r\nLocation: ${to}\r\nContent-Length: 0\r\n\r\n`);

  it("is followed; to another host without the password and the header fields", async () => {
    const other = await httpDevice((socket, _, number) => send(socket, one(pictureOf(number)), pictureOf(number)), {
      host: "127.0.0.2",
    });
    const device = await httpDevice((socket, request) => {
      if (request.startsWith("GET /new ")) return redirect(socket, `http://127.0.0.2:${other.port}/x`);
      redirect(socket, "new");
    });
    const { frames } = watch({
      source: `http://me:hunter2@127.0.0.1:${device.port}/s`,
      headers: { "X-Key": "hunter3" },
    });
    await until(() => frames.length >= 2, "there are pictures");
    expect(device.requests[1]).toContain("X-Key: hunter3");
    expect(other.requests.filter((request) => /authorization|x-key/i.test(request))).toEqual([]);
  });

  it.each([
    ["without end", "s", "more than 5 times"],
    ["to what is not HTTP", "rtsp://me:hunter2@cam/", "redirects to rtsp://***@cam/"],
    ["to nowhere", "http://[", "which is not HTTP"],
  ])("%s is an error", async (_, to, why) => {
    const device = await httpDevice((socket) => redirect(socket, to));
    const { causes } = watch({ source: `http://127.0.0.1:${device.port}/s` });
    await until(() => causes.length > 0, "it fails");
    expect(causes[0]).toContain(why);
    expect(device.requests.length).toBeLessThan(7);
  });
});

describe("An error", () => {
  it("names the URL without its secrets, and the cause", async () => {
    const device = await httpDevice((socket) => send(socket, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
    const { causes } = watch({ source: `http://me:hunter2@127.0.0.1:${device.port}/s?chn=0&p=hunter3` });
    await until(() => causes.length > 0, "it fails");
    expect(causes[0]).toBe(`Cannot pull http://***@127.0.0.1:${device.port}/s?chn=0&p=***: it answered 404 Not Found`);
  });

  it("says that nobody listens", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const { causes } = watch({ source: `http://${address}/s` });
    await until(() => causes.length > 0, "it fails");
    expect(causes[0]).toBe(`Cannot pull http://${address}/s: connection refused by ${address}`);
  });

  it("says what came instead of pictures", async () => {
    const body = "<html><title>Login</title></html>";
    const device = await httpDevice((socket) =>
      send(socket, `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\n\r\n`, body),
    );
    const { causes } = watch({ source: `http://127.0.0.1:${device.port}/s` });
    await until(() => causes.length > 0, "it fails");
    expect(causes[0]).toContain("the response, text/html, contains no JPEG");
  });
});
