import { afterAll, beforeAll, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { cameraParameter } from "../../src/auth/camera-parameter.ts";
import { type AuthOptions, TokenStore } from "../../src/auth/token-store.ts";
import { type Host, host } from "../fixtures/host.ts";

/** Tokens of the clients. */
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
const clients = [
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
  "token for front as a password",
  "token for all in the address",
] as const;
type Client = (typeof clients)[number];

/** Status of a route for each client, in their order; 401 and 403 come from authentication. */
type Row = readonly number[];
const unauthenticated = [401, 401, 401, 401, 401] as const;
/** Routes of camera `front`, by the `:id` in the path. */
const view = (ok: number): Row => [...unauthenticated, ok, ok, ok, 403, 403, 403, 403, 403, ok, 401];
/** Routes without a camera: each client sees the first one that its token includes. */
const first = (ok: number, back = ok): Row => [...unauthenticated, ok, ok, ok, back, back, 403, 403, 403, ok, 401];
const push = (ok: number): Row => [...unauthenticated, ok, 403, 403, 403, 403, ok, ok, 403, 403, 401];
const administer = (ok: number): Row => [...unauthenticated, ok, 403, 403, 403, 403, 403, 403, ok, 403, 401];
const open = (ok: number): Row => clients.map(() => ok);

/** WHEP, by method, for an endpoint and for a session that is not there; without `rtc`, as here. */
const whep = { GET: 405, POST: 501, PUT: 405, PATCH: 405, DELETE: 405, OPTIONS: 204 };
const whepSession = { GET: 405, POST: 405, PUT: 405, PATCH: 404, DELETE: 404, OPTIONS: 204 };
const whepRows = Object.fromEntries(
  [["/whep", whep] as const, ["/whep/:session", whepSession] as const].flatMap(([path, statuses]) =>
    Object.entries(statuses).flatMap(([method, ok]) => [
      [`${method} ${path}`, first(ok)] as const,
      [`${method} /cameras/:id${path}`, view(ok)] as const,
    ]),
  ),
);

/** Every route of the app. Add a row here for a new one, and a rule in src/app.ts, without which it is closed. */
const table: Readonly<Record<string, Row>> = {
  "GET /*": [...unauthenticated, 200, 200, 200, 200, 200, 200, 200, 200, 200, 303], // the cookie is what the address is for
  "GET /cameras": first(200),
  "GET /cameras/:id": view(200),
  "GET /cameras/:id/viewers": view(200),
  "GET /cameras/:id/signature": [...unauthenticated, 200, 403, 403, 403, 403, 403, 403, 403, 403, 401], // admins who may view
  "GET /state": first(200),
  "GET /stream": first(200),
  "GET /cameras/:id/stream": view(200),
  "GET /snapshot": first(200),
  "GET /cameras/:id/snapshot": view(200),
  "GET /ws": first(501), // without upgradeWebSocket, as here
  "GET /cameras/:id/ws": view(501),
  // Without WebRTC, as here. Every method has a route, so that a wrong one is answered in words.
  ...Object.fromEntries(
    Object.entries({ GET: 405, POST: 501, PUT: 405, PATCH: 405, DELETE: 405, OPTIONS: 204 }).flatMap(
      ([method, status]) => [
        [`${method} /whep`, first(status)],
        [`${method} /cameras/:id/whep`, view(status)],
      ],
    ),
  ),
  ...Object.fromEntries(
    Object.entries({ GET: 405, POST: 405, PUT: 405, PATCH: 404, DELETE: 404, OPTIONS: 204 }).flatMap(
      ([method, status]) => [
        [`${method} /whep/:session`, first(status)],
        [`${method} /cameras/:id/whep/:session`, view(status)],
      ],
    ),
  ),
  "GET /predictions": first(404), // it has no predictor
  "GET /cameras/:id/predictions": view(404),
  ...whepRows,
  "POST /frames": push(405), // its source is no push
  "POST /cameras/:id/frames": push(405),
  "PUT /frames": push(405),
  "PUT /cameras/:id/frames": push(405),
  "GET /metrics": administer(200),
  "GET /livez": open(200),
  "GET /readyz": open(200),
};

let served: Host;
let players: { stop(): void }[];
let app: ReturnType<typeof createApp>;
const signed = new Map<Client, string>();

beforeAll(async () => {
  served = await host(["front", "back"]);
  for (const feed of served.feeds) await feed.show();
  players = served.feeds.map((feed) => feed.play(2)); // a silent source is restarted, and has no picture then
  const cameras = new Map(served.feeds.map(({ camera }) => [camera.id, camera]));
  app = createApp({ cameras, auth });
  const store = new TokenStore(auth);
  const expires = Math.ceil(Date.now() / 1000) + 60;
  signed.set("signature for front", await store.sign({ camera: "front", right: "view", expires }));
  signed.set("signature for back", await store.sign({ camera: "back", right: "view", expires }));
  signed.set("signature to push", await store.sign({ camera: "front", right: "push", expires }));
  signed.set("expired signature", await store.sign({ camera: "front", right: "view", expires: expires - 61 }));
  const back = await store.sign({ camera: "back", right: "view", expires });
  signed.set("signature changed to this camera", back.replace("camera=back", "camera=front"));
});
afterAll(async () => {
  for (const player of players) player.stop();
  await served.close();
});

async function ask(route: string, client: Client): Promise<number> {
  const [method = "", pattern = ""] = route.split(" ");
  const bearer: Partial<Record<Client, string>> = {
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
  if (bearer[client] !== undefined) headers.authorization = `Bearer ${bearer[client]}`;
  if (client === "token for front as a password") headers.authorization = `Basic ${btoa(`camera:${tokens.front}`)}`;
  const limit = new AbortController();
  const query = new URLSearchParams({ max_age: "1000000000" });
  if (client === "token for all in the address") query.set("token", tokens.all);
  const response = await app.request(`${path}?${query}&${signed.get(client) ?? ""}`, {
    method,
    headers,
    signal: limit.signal,
  });
  await response.body?.cancel();
  return response.status;
}

const routeOf = ({ method, path }: { method: string; path: string }) =>
  `${method} ${path.replace(`:${cameraParameter}`, ":id")}`;

it("is known of every route what it answers to whom", () => {
  const routes = app.routes.map(routeOf);
  expect([...new Set(routes)].filter((route) => !route.startsWith("ALL ") && !Object.hasOwn(table, route))).toEqual([]);
  expect(routes.length).toBeGreaterThan(10);
});

it.each(Object.entries(table))("%s answers whom it is for, and nobody else", async (route, row) => {
  if (!app.routes.some((one) => routeOf(one) === route)) return; // not in this app
  const answers = await Promise.all(clients.map(async (client) => [client, await ask(route, client)]));
  expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(clients.map((client, at) => [client, row[at]])));
});

it.each([
  ["POST /", 405],
  ["PUT /cameras/front", 405],
  ["DELETE /cameras/front/stream", 405],
  ["PUT /nothing/here", 404],
  ["GET /nothing/here", 404],
  ["GET /cameras/front/", 404],
] as const)("%s, which leads nowhere, answers only that a token is required", async (route, status) => {
  expect(await ask(route, "nobody")).toBe(401);
  expect(await ask(route, "token for all")).toBe(status);
});

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
