import { once } from "node:events";
import { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createApp } from "../../src/app.ts";
import { TokenStore } from "../../src/auth/token-store.ts";
import { type Host, host } from "../fixtures/host.ts";
import { until } from "../fixtures/until.ts";

const token = "hunter2-hunter2";
const kiosk = "kiosk-kiosk-kiosk";
const pusher = "pusher-pusher-pusher";
const auth = {
  token,
  tokens: [
    { token: kiosk, cameras: ["back"] },
    { token: pusher, rights: ["push"] },
  ],
} as const;

let served: Host;
let players: { stop(): void }[];
let warnings: string[];
beforeEach(async () => {
  warnings = [];
  const write = (message: string, properties: Record<string, unknown> = {}) =>
    void warnings.push(message.replace(/\{(\w+)\}/g, (_, name) => String(properties[name])));
  const log = { debug() {}, info() {}, warn: write, error: write };
  served = await host(["front", "back"], { auth, log });
  for (const feed of served.feeds) await feed.show();
  players = served.feeds.map((feed) => feed.play(2)); // a silent source is restarted, and has no picture then
});
afterEach(async () => {
  for (const player of players) player.stop();
  await served.close();
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(served.url + path, { headers, redirect: "manual" });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const anyAge = "max_age=1000000000"; // the only frame may be old on a busy machine
const inAnHour = () => Math.round(Date.now() / 1000) + 3600;

/** Opens a WebSocket. Resolves with the status that refused it, or 101. */
async function upgrade(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; socket: WebSocket }> {
  const socket = new WebSocket(served.url.replace("http", "ws") + path, "teecam.v1", { headers });
  socket.on("error", () => {});
  const status = await Promise.race([
    once(socket, "open").then(() => 101),
    new Promise<number>((resolve) => {
      socket.once("unexpected-response", (_, { statusCode = 0 }) => resolve(statusCode));
    }),
  ]);
  return { status, socket };
}

describe("A token in the address", () => {
  it("is exchanged once for a cookie that no script reads, and taken out of the address", async () => {
    const answer = await get(`/?token=${token}`);
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "./"]);
    const cookie = answer.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/^teecam-\d+=[\w-]{43}; /);
    for (const word of ["HttpOnly", "SameSite=Strict"]) expect(cookie.split("; ")).toContain(word);
    expect(cookie).not.toContain("Path="); // the browser takes the folder of the address: /
    expect(cookie).not.toContain("Secure"); // it is plain HTTP
    expect(cookie).not.toContain(token);
    const headers = { cookie: cookie.split(";")[0] ?? "" };
    expect((await get("/", headers)).status).toBe(200);
    expect((await get(`/snapshot?${anyAge}`, headers)).status).toBe(200);
    expect((await get("/snapshot", { cookie: `${headers.cookie}x` })).status).toBe(401);
  });

  it("is sent on by a page where another site's link began it, since a redirect would leave the cookie out", async () => {
    const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    const app = createApp({ cameras: new Map(), auth });
    const answer = await app.request(`/?token=${token}`, { headers: link });
    expect([answer.status, answer.headers.has("set-cookie")]).toEqual([200, true]);
    expect(await answer.text()).toContain('http-equiv="refresh" content="0; url=./"');
  });

  it("is asked for by a page where a browser has none", async () => {
    const answer = await get("/", { accept: "text/html,*/*" });
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="teecam"']);
    expect(await answer.text()).toContain('name="token"');
  });

  it.each([
    "/?token=wrong-wrong-wrong",
    "/?token=",
    "/stream?token=hunter2-hunter2",
    "/?action=stream&token=hunter2-hunter2",
  ])("is no way in as %s", async (path) => {
    const answer = await get(path);
    expect([answer.status, answer.headers.get("set-cookie")]).toEqual([401, null]);
  });

  it("works where the app is mounted under a path, and with TLS in front", async () => {
    const outer = new Hono().route("/:where/cams", createApp({ cameras: new Map(), auth }));
    const answer = await outer.request(`/a/cams/?token=${token}`, { headers: { "x-forwarded-proto": "https" } });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "./"]);
    const attributes = (answer.headers.get("set-cookie") ?? "").split("; ");
    expect(attributes).toContain("Secure");
    expect(attributes.join()).not.toContain("Path="); // the browser takes the folder, also behind a proxy: /a/cams
    const cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect((await outer.request("/a/cams/cameras", { headers: { cookie } })).status).toBe(200);
    expect((await outer.request("/a/cams/cameras")).status).toBe(401);
  });
});

describe("A token as a password", () => {
  const basic = (text: string) => ({ authorization: `Basic ${btoa(text)}` });

  it.each([`teecam:${token}`, `anybody:${token}`, `:${token}`, `${token}:`, token])(
    "is the token in %j",
    async (text) => {
      expect((await get("/cameras", basic(text))).status).toBe(200);
    },
  );

  it.each(["teecam:wrong-wrong", ":", "", `${token}:x`, `${token}x`, `teecam:${token}:x`])(
    "is wrong in %j",
    async (text) => {
      expect((await get("/cameras", basic(text))).status).toBe(401);
    },
  );

  it("has the rights of the token", async () => {
    expect((await get(`/cameras/back/snapshot?${anyAge}`, basic(`x:${kiosk}`))).status).toBe(200);
    expect((await get(`/cameras/front/snapshot?${anyAge}`, basic(`x:${kiosk}`))).status).toBe(403);
  });

  it("is asked for by what programs read first, and never of a browser, which would keep it for all sites", async () => {
    const challenge = async (headers: Record<string, string>) =>
      (await createApp({ cameras: new Map(), auth }).request("/stream", { headers })).headers.get("www-authenticate");
    expect(await challenge({ "user-agent": "Lavf/59", accept: "*/*" })).toMatch(/^Basic realm="teecam", Bearer /);
    for (const browser of [
      { "sec-fetch-mode": "cors" },
      { referer: "http://127.0.0.1/" },
      { accept: "text/html" },
      { "user-agent": "Mozilla/5.0" },
    ]) {
      expect(await challenge(browser as unknown as Record<string, string>)).toBe('Bearer realm="teecam"');
    }
  });
});

describe("A token in an address where it does not belong", () => {
  it("is told where it does, and no failed attempt, if it is right", async () => {
    const answer = await get(`/stream?token=${token}`);
    const { error } = (await answer.json()) as { error: string };
    expect(answer.status).toBe(401);
    for (const way of ["/?token=", "Bearer", "password", "signed URL"]) expect(error).toContain(way);
    expect(error).not.toContain("wrong");
    expect(warnings).toEqual([]);
    expect(answer.headers.get("www-authenticate")).not.toContain("invalid_token");
  });

  it("is wrong if it is wrong", async () => {
    const answer = await get("/stream?token=wrong-wrong-wrong");
    expect([answer.status, await answer.json()]).toEqual([401, { error: "Token is wrong or has expired" }]);
    expect(warnings.join()).toContain("wrong or expired token");
  });
});

describe("Below a sub-path that a proxy has cut off without a word", () => {
  const app = createApp({ cameras: new Map(), auth });
  const html = { accept: "text/html" };

  it.each([
    ["/", "./"],
    ["/stream", "./"],
    ["/cameras/front", "../"],
    ["/cameras/front/stream", "../../"],
  ])("the form at %s leads to %s", async (path, address) => {
    const page = await (await app.request(path, { headers: html })).text();
    expect(page).toContain(`<form method="get" action="${address}">`);
    expect(new URL(address, `http://host/a/cams${path}`).pathname).toBe("/a/cams/");
  });

  it("a path of the host's own parameters cannot end the form's address", async () => {
    const outer = new Hono().route("/:where", app);
    for (const path of ["/x%25%22%3E%3Cb%3E", '/x%25">']) {
      const page = await (await outer.request(path, { headers: html })).text();
      expect(page).toMatch(/action="[\w.%/]+"/);
      expect(page).not.toContain("<b>");
    }
  });

  it("the path at which the app is mounted gets its slash first, and the token then", async () => {
    const outer = new Hono().route("/house/cams", app);
    const answer = await outer.request(`/house/cams?token=${token}`);
    const location = new URL(answer.headers.get("location") ?? "", `http://host/a/house/cams?token=${token}`);
    expect(location.href).toBe(`http://host/a/house/cams/?token=${token}`);
    expect(answer.headers.has("set-cookie")).toBe(false); // its path would be the folder above
    expect((await outer.request(`/house/cams/?token=${token}`)).headers.get("location")).toBe("./");
  });
});

describe("Behind a proxy that says what it has cut off", () => {
  it.each(["x-forwarded-prefix", "x-ingress-path"])("by %s, page, form and login stay below", async (name) => {
    const headers = { [name]: "/api/ingress/abc_-", accept: "text/html" };
    const open = createApp({ cameras: new Map() });
    const page = await open.request("/", { headers });
    expect(await page.text()).toContain('<base href="/api/ingress/abc_-/"');
    const other = await open.request("/", { headers: { ...headers, [name]: "/other" } });
    expect(other.headers.get("etag")).not.toBe(page.headers.get("etag")); // no cache takes one for the other
    const form = await createApp({ cameras: new Map(), auth }).request("/cameras/front", { headers });
    expect(await form.text()).toContain('action="/api/ingress/abc_-/"');
  });

  it.each(["//evil.example", "https://evil.example", '/"><script>', "/a b"])(
    "takes no %j for a path",
    async (prefix) => {
      const page = await createApp({ cameras: new Map() }).request("/", { headers: { "x-forwarded-prefix": prefix } });
      expect(await page.text()).not.toContain("<base");
    },
  );
});

describe("A signed URL", () => {
  const store = new TokenStore(auth);

  it("opens one camera, by stream, snapshot and WebSocket, and no other", async () => {
    const query = await store.sign({ camera: "back", right: "view", expires: inAnHour() });
    for (const path of ["/cameras/back/snapshot", "/snapshot", "/cameras/back"]) {
      expect([path, (await get(`${path}?${anyAge}&${query}`)).status]).toEqual([path, 200]);
    }
    expect((await get(`/cameras/front/snapshot?${query}`)).status).toBe(403);
    expect(await (await get(`/cameras?${query}`)).json()).toMatchObject({ cameras: [{ id: "back" }] });
    const open = await upgrade(`/cameras/back/ws?${query}`);
    const { status } = await upgrade(`/cameras/front/ws?${query}`);
    expect([open.status, status]).toEqual([101, 403]);
    open.socket.terminate();
  });

  it.each<[what: string, change: (query: URLSearchParams) => void]>([
    ["another camera", (query) => query.set("camera", "back")],
    ["another right", (query) => query.set("right", "push")],
    ["a later end", (query) => query.set("expires", String(inAnHour() + 1))],
    ["no end", (query) => query.delete("expires")],
    ["an end that is no number", (query) => query.set("expires", "1e99")],
    ["another signature", (query) => query.set("signature", `${query.get("signature")?.slice(0, -2)}AA`)],
    ["no letters in its signature", (query) => query.set("signature", "")],
  ])("is worth nothing with %s", async (_, change) => {
    const query = new URLSearchParams(await store.sign({ camera: "front", right: "view", expires: inAnHour() }));
    expect((await get(`/snapshot?${anyAge}&${query}`)).status).toBe(200);
    change(query);
    expect((await get(`/snapshot?${query}`)).status).toBe(401);
  });

  it("is signed with the secret where there is one, and cannot be where there is neither", async () => {
    const claims = { camera: "front", right: "view", expires: inAnHour() } as const;
    const other = await new TokenStore({ token, secret: "another secret" }).sign(claims);
    expect((await get(`/snapshot?${other}`)).status).toBe(401);
    expect(() => new TokenStore({ tokens: [{ token }] }).sign(claims)).toThrow("neither secret nor token");
  });
});

it("A refusal names the right and the camera that the token lacks", async () => {
  const refusal = async (path: string, token: string) => {
    const answer = await get(path, bearer(token));
    return [answer.status, await answer.json()];
  };
  const error = (text: string) => [403, { error: `Token does not allow ${text}` }];
  expect(await refusal("/cameras/front/snapshot", kiosk)).toEqual(error("viewing camera front"));
  expect(await refusal("/stream", pusher)).toEqual(error("viewing cameras"));
  expect(await refusal("/metrics", kiosk)).toEqual(error("administering cameras"));
});

describe("A token for one camera", () => {
  it("sees that one alone, as if there were no other", async () => {
    expect(await (await get("/cameras", bearer(kiosk))).json()).toMatchObject({ cameras: [{ id: "back" }] });
    expect((await get("/cameras/front", bearer(kiosk))).status).toBe(403);
    expect((await get("/cameras/side", bearer(kiosk))).status).toBe(403); // which is no answer to whether it exists
    expect(((await (await get("/cameras", bearer(kiosk))).json()) as { cameras: unknown[] }).cameras.length).toBe(1);
  });

  it("hears of that one alone on a connection of many, and is given no other", async () => {
    const { socket } = await upgrade("/ws", bearer(kiosk));
    const messages: { type: string; cameras?: string[]; error?: string }[] = [];
    const pictures: string[] = [];
    socket.on("message", (data: Buffer, binary) => {
      if (binary) pictures.push(JSON.parse(data.subarray(2, 2 + data.readUInt16BE()).toString()).camera);
      else messages.push(JSON.parse(data.toString()));
    });
    socket.send(JSON.stringify({ type: "subscribe", cameras: ["front", "back"] }));
    await until(() => pictures.length > 0 && messages.some(({ type }) => type === "error"), "a picture and an error");
    expect(messages.find(({ type }) => type === "hello")?.cameras ?? ["back"]).toEqual(["back"]);
    expect(messages.find(({ type }) => type === "error")?.error).toBe('No camera "front"');
    expect(new Set(pictures)).toEqual(new Set(["back"]));
    socket.terminate();
  });

  it("sees neither sources nor addresses, which are for those who administer", async () => {
    const look = async (token: string) => (await get("/cameras/back", bearer(token))).json();
    expect(await look(kiosk)).not.toHaveProperty("source");
    expect(await look(token)).toHaveProperty("source");
  });
});

it("A WebSocket is refused before it is one, with a reason", async () => {
  const refused = [await upgrade("/ws"), await upgrade("/ws", bearer("wrong")), await upgrade("/ws", bearer(pusher))];
  expect(refused.map(({ status }) => status)).toEqual([401, 401, 403]);
});

it("Failed attempts are logged once a second for an address, and the token never", async () => {
  const wrong = "wrong-and-secret";
  for (let n = 0; n < 20; n++) await get("/snapshot", bearer(wrong));
  await get(`/?token=${wrong}`);
  await get(`/stream?signature=${wrong}&camera=front&expires=99999999999`);
  expect(warnings.length).toBeGreaterThan(0);
  expect(warnings.length).toBeLessThan(4);
  expect(warnings.join()).toContain("Request from 127.0.0.1 for /snapshot refused: wrong or expired token");
  expect(warnings.join()).not.toContain(wrong);
});

it.each(["", "short"])("A token %j is refused at the start", (token) => {
  expect(() => createApp({ cameras: new Map(), auth: { token } })).toThrow(TypeError);
});

it("A camera whose path is written with escapes is no other camera", async () => {
  expect((await get("/cameras/%66ront", bearer(kiosk))).status).toBe(403);
  expect((await get("/cameras/%62ack", bearer(kiosk))).status).toBe(200);
  for (const path of ["/cameras/back%2f..%2ffront", "/cameras/back%00", "/cameras/%2562ack", "//cameras/front"]) {
    expect([path, (await get(path, bearer(kiosk))).ok]).toEqual([path, false]);
  }
});
