import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createApp } from "../src/app.ts";
import { FrameParserStream } from "../src/media/frame-parser.ts";
import { type Host, host } from "./fixtures/host.ts";
import { stopwatch } from "./fixtures/machine.ts";
import { numberOf } from "./fixtures/picture.ts";
import { until } from "./fixtures/until.ts";

let served: Host;
beforeEach(async () => {
  served = await host(["front", "back"]);
});
afterEach(() => served.close());

const get = (path: string, init?: RequestInit) => fetch(served.url + path, init);
// biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect to find
const json = async (path: string): Promise<any> => (await get(path)).json();
const gone = () => until(async () => (await served.viewers()) === 0, "no viewer is left");

/** Opens a raw connection and sends a request as it is written. */
async function raw(request: string): Promise<Socket & { received: () => string }> {
  const socket = connect(served.port, "127.0.0.1");
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(request);
  return Object.assign(socket, { received: () => received });
}

describe("GET /stream", () => {
  it.each(["/stream", "/cameras/front/stream", "/?action=stream"])(
    "%s serves every frame byte for byte",
    async (path) => {
      const response = await get(path);
      expect(response.headers.get("content-type")).toBe("multipart/x-mixed-replace; boundary=teecam");
      expect(response.headers.get("cache-control")).toBe("no-store, no-transform");
      const frames = response.body?.pipeThrough(new FrameParserStream()).getReader();
      for (let n = 0; n < 5; n++) {
        const read = frames?.read();
        const number = await served.feeds[0].show();
        const frame = (await read)?.value;
        expect(numberOf(frame?.data ?? new Uint8Array())).toBe(number);
        expect(frame?.data).toEqual(served.feeds[0].camera.newest?.data);
        expect(frame?.timestamp).toBe(served.feeds[0].camera.newest?.timestamp);
        expect(frame?.upstream).toBe(number);
      }
      await frames?.cancel();
      await gone();
    },
  );

  it("sends its headers at once, before there is a frame", async () => {
    const response = await get("/cameras/back/stream");
    expect(response.status).toBe(200);
    await response.body?.cancel();
  });

  it("sends the last frame at once to a viewer who comes late", async () => {
    const number = await served.feeds[0].show();
    const response = await get("/stream?frames=1");
    const frames = response.body?.pipeThrough(new FrameParserStream()).getReader();
    expect(numberOf((await frames?.read())?.value?.data ?? new Uint8Array())).toBe(number);
    expect((await frames?.read())?.done).toBe(true);
    await gone();
  });

  it.each([
    ["an <img> on loopback", { "sec-fetch-dest": "image" }, true],
    ["an <img> on a plain-HTTP address", { accept: "image/avif,image/webp,*/*" }, true],
    ["a script", { "sec-fetch-dest": "empty", accept: "image/*" }, false],
    ["curl", {}, false],
  ])("sends headers in advance to %s: %j", async (_, headers, advance) => {
    await served.feeds[0].show();
    const socket = await raw(
      `GET /stream HTTP/1.1\r\nHost: x\r\n${Object.entries(headers)
        .map(([k, v]) => `${k}: ${v}\r\n`)
        .join("")}\r\n`,
    );
    await until(() => socket.received().includes("\xff\xd9"), "a frame comes");
    await until(
      () => socket.received().includes("\xff\xd9\r\n--teecam\r\nContent-Type: image/jpeg\r\n\r\n") || !advance,
      "headers come",
    );
    if (!advance) expect(socket.received()).toMatch(/\xff\xd9\r\n(\r\n)?$/);
    socket.destroy();
    await gone();
  });

  it("caps a viewer's rate and ends after so many frames", async () => {
    const play = served.feeds[0].play(60);
    const start = performance.now();
    const elapsed = stopwatch();
    const response = await get("/stream?fps=10&frames=10");
    await response.arrayBuffer();
    play.stop();
    expect(performance.now() - start).toBeGreaterThan(700);
    expect(elapsed()).toBeLessThan(2000);
  });

  it.each([
    ["/stream?fps=0", 'Bad fps "0": expected a number from 0.01 to 1000'],
    ["/stream?fps=fast", 'Bad fps "fast"'],
    ["/stream?frames=1.5", "a whole number"],
    ["/stream?advance_headers=yes", "expected 1 or 0"],
    ["/snapshot?max_age=-1", 'Bad max_age "-1"'],
    ["/?action=reboot", 'Bad action "reboot"'],
  ])("%s is a 400 that says why", async (path, error) => {
    const response = await get(path);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: string }).error).toContain(error);
  });

  it("is closed for its viewers, and gone for later ones, when the camera has ended", async () => {
    await served.feeds[0].show();
    const response = await get("/stream");
    const rest = response.arrayBuffer();
    await until(async () => (await served.viewers()) === 1, "the viewer is there");
    await served.feeds[0].camera.close();
    expect(new TextDecoder("latin1").decode(await rest)).toMatch(/--teecam--\r\n$/);
    expect((await get("/stream")).status).toBe(410);
    expect((await get("/snapshot")).status).toBe(410);
    expect(await json("/cameras/front")).toMatchObject({ state: "ended" });
  });
});

describe("viewers who leave", () => {
  it("leave nothing behind when they close, reset, or go while no frame comes", async () => {
    const before = await raw("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    const reset = await raw("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(async () => (await served.viewers()) === 2, "both are there");
    before.destroy();
    reset.resetAndDestroy();
    await gone();
  });

  it("leave nothing behind by a HEAD request", async () => {
    const response = await get("/stream", { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("multipart/x-mixed-replace");
    expect(await served.viewers()).toBe(0);
  });

  it("leave nothing behind by pipelined requests", async () => {
    const socket = await raw("GET /stream HTTP/1.1\r\nHost: x\r\n\r\nGET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(async () => (await served.viewers()) >= 1, "one is there");
    socket.destroy();
    await gone();
  });

  it("get their answers in order when they pipeline", async () => {
    await served.feeds[0].show();
    const socket = await raw(
      "GET /state HTTP/1.1\r\nHost: x\r\n\r\nGET /stream?frames=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    await once(socket, "close");
    expect(socket.received()).toMatch(/^HTTP\/1.1 200 OK[\s\S]*"ok":true[\s\S]*HTTP\/1.1 200 OK[\s\S]*--teecam/);
  });

  it("may be many: 200 come, look and go, and nothing is left", async () => {
    const play = served.feeds[0].play(30);
    await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const response = await get("/stream");
        const reader = response.body?.getReader();
        if (n % 2) await reader?.read();
        await reader?.cancel();
      }),
    );
    play.stop();
    await gone();
  });
});

/** Watches a stream, and counts until `end` the pictures that come and those that are missing between them. */
async function count(url: string): Promise<{ end(): Promise<{ seen: number; missed: number }> }> {
  const response = await fetch(url);
  const frames = response.body?.pipeThrough(new FrameParserStream()).getReader();
  const numbers: number[] = [];
  const watching = (async () => {
    for (;;) {
      const { done, value } = (await frames?.read()) ?? { done: true };
      if (done || !value) return;
      numbers.push(value.upstream ?? -1);
    }
  })();
  return {
    async end() {
      await frames?.cancel();
      await watching;
      const [first = 0, last = -1] = [numbers[0], numbers.at(-1)];
      return { seen: numbers.length, missed: last - first + 1 - numbers.length };
    },
  };
}

describe("a viewer that takes nothing any more", () => {
  let strict: Host;
  beforeEach(async () => {
    strict = await host([], { stallAfter: 800 });
  });
  afterEach(() => strict.close());

  it.each([
    ["stream", "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n"],
    [
      "WebSocket",
      "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ],
  ])("is let go of with its %s, and the one beside it notices nothing", async (_, request) => {
    const plays = [strict, served].map(({ feeds }) => feeds[0].play(30, { size: 100_000 }));
    const socket = connect(strict.port, "127.0.0.1");
    let ended = false;
    socket
      .on("error", () => {})
      .on("close", () => {
        ended = true;
      });
    await once(socket, "connect");
    socket.pause().write(request);
    const healthy = await count(`${strict.url}/stream`);
    const alone = await count(`${served.url}/stream`); // the control: it has nobody beside it that stalls
    await until(async () => (await strict.viewers()) === 2, "both watch");
    await until(async () => (await strict.viewers()) === 1, "the stalled one is let go");
    socket.resume();
    await until(() => ended, "its connection is reset");
    const [beside, control] = await Promise.all([healthy.end(), alone.end()]);
    for (const play of plays) play.stop();
    expect(beside.seen).toBeGreaterThan(Math.min(20, 0.6 * control.seen));
    expect(beside.missed).toBeLessThanOrEqual(beside.seen / 5 + control.missed); // one that is blocked misses all
    socket.destroy();
    await gone();
  });

  it("is not one whose camera is idle", async () => {
    const response = await fetch(`${strict.url}/stream`);
    const reader = response.body?.getReader();
    await strict.feeds[0].show();
    await reader?.read();
    const start = performance.now();
    await until(() => performance.now() - start > 2000, "a while passes");
    expect(await strict.viewers()).toBe(1);
    await reader?.cancel();
  });
});

describe("GET /snapshot", () => {
  it.each(["/snapshot", "/cameras/front/snapshot", "/?action=snapshot"])("%s is the newest frame", async (path) => {
    const number = await served.feeds[0].show();
    const response = await get(path);
    expect(response.headers.get("content-type")).toBe("image/jpeg");
    expect(response.headers.get("x-sequence")).toBe(String(number));
    expect(response.headers.get("x-timestamp")).toMatch(/^\d{10}\.\d{6}$/);
    expect(numberOf(new Uint8Array(await response.arrayBuffer()))).toBe(number);
  });

  it("waits for a higher sequence when asked", async () => {
    const number = await served.feeds[0].show();
    const response = get(`/snapshot?after=${number}`);
    await until(async () => (await served.viewers()) === 1, "it waits");
    await served.feeds[0].show();
    expect((await response).headers.get("x-sequence")).toBe(String(number + 1));
    await gone();
  });

  it("is a 503 with Retry-After after 5 s without a frame", async () => {
    const response = await get("/cameras/back/snapshot");
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await response.json()).toEqual({ error: expect.stringContaining('No frame from camera "back": it is') });
  });
});

describe("the JSON routes", () => {
  it("tell how a camera fares and who watches it", async () => {
    const play = served.feeds[0].play(20, { width: 96, height: 64 });
    const viewer = await get("/stream?fps=5");
    const reader = viewer.body?.getReader();
    await reader?.read();
    await until(async () => (await json("/cameras/front")).fps > 15, "the rate is known");
    expect(await json("/cameras/front")).toEqual({
      id: "front",
      source: expect.stringMatching(/^tcp-listen:\/\/127/),
      state: "live",
      detail: null,
      since: expect.any(Number),
      fps: expect.any(Number),
      width: 96,
      height: 64,
      age: expect.any(Number),
      sequence: expect.any(Number),
      input: {
        bytes: expect.any(Number),
        skipped: 0,
        repaired: 0,
        dropped: { truncated: 0, malformed: 0, oversize: 0, foreign: 0, headers: 0, flood: 0 },
      },
      predictions: null,
      video: {
        state: "idle",
        detail: null,
        since: expect.any(Number),
        encoder: null,
        bitrate: 0,
        fps: 0,
        coded: 0,
        bytes: 0,
        keys: 0,
        restarts: 0,
        readers: 0,
      },
      predictors: [],
      restarts: 0,
      filtered: { warmup: 0, rate: 0 },
      viewers: 1,
    });
    expect(await json("/cameras/front/viewers")).toEqual({
      viewers: [
        {
          id: expect.any(String),
          camera: "front",
          transport: "mjpeg",
          remote: "127.0.0.1",
          since: expect.any(Number),
          fps: expect.any(Number),
          sent: expect.any(Number),
          dropped: { replaced: expect.any(Number), rate: expect.any(Number), age: 0 },
          pace: expect.any(String),
          lag: expect.any(Number),
        },
      ],
    });
    expect(await json("/cameras/back/viewers")).toEqual({ viewers: [] });
    expect(await json("/cameras")).toMatchObject({
      cameras: [{ id: "front" }, { id: "back", age: null, width: null }],
    });
    expect(await json("/state")).toMatchObject({
      ok: true,
      result: { source: { online: true, resolution: { width: 96, height: 64 } }, stream: { clients: 1 } },
    });
    play.stop();
    await reader?.cancel();
  });

  it("count what was no picture", async () => {
    served.feeds[0].write(new TextEncoder().encode("what is this? ".repeat(100)));
    await served.feeds[0].show();
    expect(await json("/cameras/front")).toMatchObject({ state: "live", input: { skipped: 1400 } });
  });

  it("show neither sources nor addresses to those who are not on this machine", async () => {
    const cameras = new Map([["front", served.feeds[0].camera]]);
    const app = createApp({ cameras, connection: () => ({ remote: "192.0.2.7" }) });
    const answer = (await (await app.request("/cameras/front")).json()) as object;
    expect(answer).not.toHaveProperty("source");
  });

  it.each(["/cameras/side", "/cameras/side/stream", "/cameras/side/snapshot", "/cameras/side/ws"])(
    "%s is a 404 that names the cameras there are",
    async (path) => {
      const response = await get(path);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ error: 'No camera "side"; available: front, back' });
    },
  );

  it("answer what is nowhere with a 404 in JSON", async () => {
    const response = await get("/nothing/here");
    expect([response.status, await response.json()]).toEqual([404, { error: "Not found: /nothing/here" }]);
  });

  it("look cameras up at each request", async () => {
    const cameras = new Map<string, never>();
    const app = createApp({ cameras });
    expect((await app.request("/stream")).status).toBe(404);
    cameras.set("front", served.feeds[0].camera as never);
    expect((await app.request("/cameras/front")).status).toBe(200);
  });
});

describe("GET /ws", () => {
  const upgrade =
    "Host: x\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  const open = (path: string, protocols: string[] = []) =>
    new WebSocket(served.url.replace("http", "ws") + path, protocols);

  it.each(["/ws", "/cameras/front/ws"])("%s sends each frame as one binary message", async (path) => {
    const socket = open(path);
    await once(socket, "open");
    for (let n = 0; n < 3; n++) {
      const message = once(socket, "message");
      const number = await served.feeds[0].show();
      const [data, isBinary] = await message;
      expect(isBinary).toBe(true);
      expect(numberOf(data)).toBe(number);
    }
    expect((await json("/cameras/front/viewers")).viewers).toMatchObject([{ transport: "websocket", sent: 3 }]);
    socket.close();
    await gone();
  });

  it("chooses no subprotocol that it does not speak", async () => {
    const socket = await raw(
      `GET /ws HTTP/1.1\r\n${upgrade.replace("\r\n\r\n", "")}\r\nSec-WebSocket-Protocol: chat, x\r\n\r\n`,
    );
    await until(() => socket.received().includes("\r\n\r\n"), "an answer");
    expect(socket.received()).toMatch(/^HTTP\/1.1 101/);
    expect(socket.received().toLowerCase()).not.toContain("sec-websocket-protocol");
    socket.destroy();
    await gone();
  });

  it("closes with 1000 when the camera ends, and at once when it has ended", async () => {
    const socket = open("/ws");
    await once(socket, "open");
    await until(async () => (await served.viewers()) === 1, "the viewer is there");
    await served.feeds[0].camera.close();
    expect((await once(socket, "close"))[0]).toBe(1000);
    const late = open("/ws");
    expect((await once(late, "close"))[0]).toBe(1000);
    await gone();
  });

  it("leaves nothing behind when viewers close, vanish or are reset, also while no frame comes", async () => {
    const sockets = [open("/ws"), open("/ws"), open("/ws")];
    await Promise.all(sockets.map((socket) => once(socket, "open")));
    await until(async () => (await served.viewers()) === 3, "all are there");
    sockets[0]?.close();
    sockets[1]?.terminate();
    (sockets[2] as unknown as { _socket: Socket })._socket.resetAndDestroy();
    sockets[2]?.on("error", () => {});
    await gone();
  });

  it("takes any spelling of the Upgrade header", async () => {
    const socket = await raw(`GET /ws HTTP/1.1\r\n${upgrade}`);
    await until(() => socket.received().startsWith("HTTP/1.1 101"), "the upgrade");
    socket.destroy();
    await gone();
  });

  it("is a 426 without an upgrade, and a 501 where the host gives no WebSockets", async () => {
    const response = await get("/ws");
    expect([response.status, response.headers.get("upgrade")]).toEqual([426, "websocket"]);
    const bare = createApp({ cameras: new Map([["front", served.feeds[0].camera]]) });
    const answer = await bare.request("/ws");
    expect([answer.status, await answer.text()]).toEqual([501, expect.stringContaining("upgradeWebSocket")]);
  });

  it("survives what broke its library: an upgrade of //, a reset during the upgrade, nonsense", async () => {
    for (const target of ["//", "///", "/ws?a=%", "http://", "/\\", "/cameras/%ff/ws", "*"]) {
      const socket = await raw(`GET ${target} HTTP/1.1\r\n${upgrade}`);
      socket.resume();
      await until(() => socket.received() !== "" || socket.destroyed || socket.readableEnded, `an answer to ${target}`);
      socket.destroy();
    }
    for (let n = 0; n < 30; n++) {
      const socket = await raw(`GET /ws HTTP/1.1\r\n${upgrade}`);
      socket.resetAndDestroy();
    }
    const h2c = await raw(
      "GET /state HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n",
    );
    await until(() => h2c.received() !== "", "an answer");
    expect(h2c.received()).not.toContain("101");
    h2c.destroy();
    await gone();
    expect((await get("/state")).status).toBe(200);
  });

  it("ends a connection whose message is too long", async () => {
    const socket = open("/ws");
    await once(socket, "open");
    socket.on("error", () => {});
    socket.send(new Uint8Array(100_000));
    if (!("Deno" in globalThis)) expect((await once(socket, "close"))[0]).toBe(1009);
    else socket.terminate();
    await gone();
  });
});

describe("the page", () => {
  it("is served from a map made at start, with a policy that needs no inline code", async () => {
    const response = await get("/");
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("content-security-policy")).not.toContain("unsafe");
    const html = await response.text();
    const linked = [...html.matchAll(/(?:src|href)="([^"#:]+\.[a-z]+)"/g)].map((match) => match[1] ?? "");
    expect(linked.length).toBeGreaterThan(1);
    for (const file of linked) expect([file, (await get(`/${file}`)).status]).toEqual([file, 200]);
  });

  it("is not sent again to a browser that has it", async () => {
    const first = await get("/viewer.js");
    const etag = first.headers.get("etag") ?? "";
    expect([first.status, (await first.text()).length > 0, first.headers.get("cache-control")]).toEqual([
      ...[200, true, "no-cache"],
    ]);
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const answer = await get("/viewer.js", { headers: { "If-None-Match": known } });
      expect([known, answer.status, await answer.text()]).toEqual([known, 304, ""]);
      expect(answer.headers.get("etag")).toBe(etag);
    }
    const changed = await get("/viewer.js", { headers: { "If-None-Match": '"other"' } });
    expect([changed.status, (await changed.text()).length > 0]).toEqual([200, true]);
    const page = await get("/");
    expect(page.headers.get("etag")).not.toBe(etag);
    const again = await get("/", { headers: { "If-None-Match": page.headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
  });

  it("is found without the slash it hangs from when it is mounted under a path", async () => {
    const outer = new Hono().route("/cams", createApp({ cameras: new Map() }));
    const answer = await outer.request("/cams?x=1");
    expect([answer.status, answer.headers.get("location")]).toEqual([301, "./cams/?x=1"]);
    expect((await outer.request("/cams/")).status).toBe(200);
    expect((await outer.request("/cams/viewer.js")).headers.get("content-type")).toContain("text/javascript");
  });

  it.each(["/..%2fpackage.json", "/%2e%2e/package.json", "/index.html%00", "/.git", "/constructor"])(
    "does not serve %s",
    async (path) => {
      const socket = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      await once(socket, "close");
      expect(socket.received()).toMatch(/^HTTP\/1.1 40[04]/);
    },
  );
});
