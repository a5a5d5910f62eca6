import { afterAll, beforeAll, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { type AuthOptions, TokenStore } from "../../src/auth/token-store.ts";
import { type Host, host } from "../fixtures/host.ts";

/** Who asks, by what they show. */
const tokens = {
  all: "opens-everything",
  front: "sees-front-only",
  back: "sees-back-only",
  push: "pushes-to-front",
  admin: "sees-figures-only",
};
const auth: AuthOptions = {
  token: tokens.all,
  secret: "a secret to sign with",
  tokens: [
    { name: "kiosk", token: tokens.front, cameras: ["front"] },
    { name: "yard", token: tokens.back, cameras: ["back"], rights: ["view"] },
    { name: "phone", token: tokens.push, cameras: ["front"], rights: ["push"] },
    { name: "prometheus", token: tokens.admin, rights: ["admin"] },
  ],
};
const askers = [
  "nobody",
  "wrong token",
  "empty token",
  "expired signature",
  "signature changed to this camera",
  "token for all",
  "token for front",
  "signature for front",
  "token for back",
  "signature for back",
  "token to push",
  "signature to push",
  "token to administer",
] as const;
type Asker = (typeof askers)[number];

/** What a route answers those whom the gate lets through; 401 and 403 are the gate's. */
type Row = readonly number[];
const strangers = [401, 401, 401, 401, 401] as const;
/** What is about `front`, by the path's `:id`. */
const view = (ok: number): Row => [...strangers, ok, ok, ok, 403, 403, 403, 403, 403];
/** What names no camera shows each asker a camera of its own: without a frame of `back`, that is. */
const first = (ok: number, back = ok): Row => [...strangers, ok, ok, ok, back, back, 403, 403, 403];
const push = (ok: number): Row => [...strangers, ok, 403, 403, 403, 403, ok, ok, 403];
const administer = (ok: number): Row => [...strangers, ok, 403, 403, 403, 403, 403, 403, ok];
const open = (ok: number): Row => askers.map(() => ok);

/** Every route of the app. A new one has its row here, and its rule in src/app.ts, or nobody with a token gets through. */
const table: Readonly<Record<string, Row>> = {
  "GET /*": [...strangers, 200, 200, 200, 200, 200, 200, 200, 200],
  "GET /cameras": first(200),
  "GET /cameras/:id": view(200),
  "GET /cameras/:id/viewers": view(200),
  "GET /state": first(200),
  "GET /stream": first(200),
  "GET /cameras/:id/stream": view(200),
  "GET /snapshot": first(200),
  "GET /cameras/:id/snapshot": view(200),
  "GET /ws": first(501), // without upgradeWebSocket, as here
  "GET /cameras/:id/ws": view(501),
  "GET /predictions": first(404), // it has no predictor
  "GET /cameras/:id/predictions": view(404),
  "POST /frames": push(405), // its source is no push
  "POST /cameras/:id/frames": push(405),
  "GET /metrics": administer(200),
  "GET /livez": open(200),
  "GET /readyz": open(200),
};

let served: Host;
let app: ReturnType<typeof createApp>;
const signed = new Map<Asker, string>();

beforeAll(async () => {
  served = await host(["front", "back"]);
  for (const feed of served.feeds) await feed.show();
  const cameras = new Map(served.feeds.map(({ camera }) => [camera.id, camera]));
  app = createApp({ cameras, auth });
  const keys = new TokenStore(auth);
  const expires = Math.ceil(Date.now() / 1000) + 60;
  signed.set("signature for front", await keys.sign({ camera: "front", right: "view", expires }));
  signed.set("signature for back", await keys.sign({ camera: "back", right: "view", expires }));
  signed.set("signature to push", await keys.sign({ camera: "front", right: "push", expires }));
  signed.set("expired signature", await keys.sign({ camera: "front", right: "view", expires: expires - 61 }));
  const back = await keys.sign({ camera: "back", right: "view", expires });
  signed.set("signature changed to this camera", back.replace("camera=back", "camera=front"));
});
afterAll(() => served.close());

async function ask(route: string, asker: Asker): Promise<number> {
  const [method = "", pattern = ""] = route.split(" ");
  const bearer: Partial<Record<Asker, string>> = {
    "wrong token": "opens-nothing-at-all",
    "empty token": "",
    "token for all": tokens.all,
    "token for front": tokens.front,
    "token for back": tokens.back,
    "token to push": tokens.push,
    "token to administer": tokens.admin,
  };
  const path = pattern.replace(":id", "front").replace("*", "");
  const headers: Record<string, string> = {};
  if (bearer[asker] !== undefined) headers.authorization = `Bearer ${bearer[asker]}`;
  const limit = new AbortController();
  const query = new URLSearchParams({ max_age: "1000000000" });
  const response = await app.request(`${path}?${query}&${signed.get(asker) ?? ""}`, {
    method,
    headers,
    signal: limit.signal,
  });
  await response.body?.cancel();
  return response.status;
}

it("is known of every route what it answers to whom", () => {
  const routes = app.routes.map(({ method, path }) => `${method} ${path}`);
  expect([...new Set(routes)].filter((route) => route !== "ALL /*" && !Object.hasOwn(table, route))).toEqual([]);
  expect(routes.length).toBeGreaterThan(10);
});

it.each(Object.entries(table))("%s answers whom it is for, and nobody else", async (route, row) => {
  if (!app.routes.some(({ method, path }) => `${method} ${path}` === route)) return; // not in this app
  const answers = await Promise.all(askers.map(async (asker) => [asker, await ask(route, asker)]));
  expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(askers.map((asker, at) => [asker, row[at]])));
});

it.each(["POST /", "PUT /cameras/front", "DELETE /cameras/front/stream", "GET /nothing/here", "GET /cameras/front/"])(
  "%s, which leads nowhere, tells a stranger no more than that a token is needed",
  async (route) => {
    expect(await ask(route, "nobody")).toBe(401);
    expect(await ask(route, "token for all")).toBe(404);
  },
);

it("is closed to everybody where a route has no rule", async () => {
  const bare = createApp({ cameras: new Map(), auth });
  bare.get("/new", (context) => context.text("open"));
  const late = createApp({ cameras: new Map() });
  late.get("/new", (context) => context.text("open"));
  const headers = { authorization: `Bearer ${tokens.all}` };
  expect((await late.request("/new")).status).toBe(200); // nobody is asked for a token
  expect((await bare.request("/new")).status).toBe(401);
  expect((await bare.request("/new", { headers })).status).not.toBe(200);
});
