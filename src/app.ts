import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { UpgradeWebSocket } from "./adapter/serve.ts";
import { type AuthenticateOptions, authenticate, grantOf } from "./auth/authenticate.ts";
import { type CrossOriginOptions, crossOrigin } from "./auth/cross-origin.ts";
import { type AuthOptions, TokenStore } from "./auth/token-store.ts";
import type { Camera } from "./camera/camera.ts";
import { type Logger, silent } from "./log.ts";
import { Metrics } from "./metrics/metrics.ts";
import { readAssets } from "./routes/assets.ts";
import { alive, metrics, ready } from "./routes/health.ts";
import { page } from "./routes/page.ts";
import { predictions } from "./routes/predictions.ts";
import { push } from "./routes/push.ts";
import { ustreamerState } from "./routes/report.ts";
import { liveHeaders, RouteContext } from "./routes/route-context.ts";
import { snapshot } from "./routes/snapshot.ts";
import { stream } from "./routes/stream.ts";
import { sockets } from "./routes/websocket.ts";
import type { Limits } from "./session/limits.ts";
import { type Connection, type SessionReport, Sessions } from "./session/session.ts";

/** What an app serves, to whom, and what it needs of its host. */
export interface AppOptions extends CrossOriginOptions {
  /** Looked up at each request; the first one serves the routes that name no camera. The app does not close them. */
  readonly cameras: ReadonlyMap<string, Camera>;
  /** The host's own, by `createNodeWebSocket` on Node; without one `/ws` answers 501. */
  readonly upgradeWebSocket?: UpgradeWebSocket | undefined;
  /** Tells what the runtime knows of a request's connection. @default nothing is known */
  readonly connection?: ((context: Context) => Connection) | undefined;
  /** Who may look. @default everybody: nobody is asked for a token */
  readonly auth?: AuthOptions | undefined;
  /** How many may look; one more gets a 503. */
  readonly limits?: Limits | undefined;
  /** Predictors that may run for one viewer each; a viewer that asks for one more gets a 503. @default 16 */
  readonly maxPredictors?: number | undefined;
  /** Milliseconds without progress after which a viewer, or somebody who pushes, is let go. @default 10000 */
  readonly stallAfter?: number | undefined;
  /** Dispatches `change` when the set of cameras has changed: viewers by `teecam.v1` are told. @default it never does */
  readonly cameraChanges?: EventTarget | undefined;
  /** Aborted when the server is asked to end: `/readyz` answers 503 then, and `teecam.v1` is closed. @default it never is */
  readonly shutdown?: AbortSignal | undefined;
  /** @default none */
  readonly log?: Logger | undefined;
}

/** What each route asks for; one that is not named here is closed wherever tokens are asked for. */
const rules: AuthenticateOptions["rules"] = {
  "/*": "any", // the page, which shows what its asker may see
  "/cameras": "view",
  "/cameras/:id": "view",
  "/state": "view",
  "/stream": "view",
  "/cameras/:id/stream": "view",
  "/snapshot": "view",
  "/cameras/:id/snapshot": "view",
  "/ws": "view",
  "/cameras/:id/ws": "view",
  "/predictions": "view",
  "/cameras/:id/predictions": "view",
  "/frames": "push",
  "/cameras/:id/frames": "push",
  "/metrics": "admin", // it names cameras, and tells what a machine does
  "/livez": "open",
  "/readyz": "open",
};

/** Makes the HTTP app: its `fetch` is an edge-style handler for `Deno.serve`, node-server or another Hono app. */
export function createApp(options: AppOptions): Hono {
  const { cameras, upgradeWebSocket, connection = (): Connection => ({}), stallAfter, log = silent } = options;
  const sessions = new Sessions((session) => {
    collected.keep(session);
    logEnd(log, session);
  });
  const tokens = options.auth && new TokenStore(options.auth);
  const grant = tokens && grantOf;
  const { limits, cameraChanges, shutdown } = options;
  const desk = new RouteContext({
    cameras,
    sessions,
    connection,
    grant,
    limits,
    stallAfter,
    cameraChanges,
    shutdown,
    log,
  });
  const collected = new Metrics({
    cameras,
    sessions: (camera) => sessions.of(camera),
    refused: () => desk.places.refused,
  });
  const app = new Hono();

  app.use("*", crossOrigin(options));
  app.use("*", authenticate({ tokens, rules, connection, log }));

  app.get("/cameras", (context) =>
    context.json({ cameras: desk.shown(context).map((camera) => desk.describe(context, camera)) }, 200, liveHeaders),
  );
  app.get("/cameras/:id", (context) => context.json(desk.describe(context, desk.find(context)), 200, liveHeaders));
  app.get("/state", (context) =>
    context.json(ustreamerState(desk.describe(context, desk.find(context))) as object, 200, liveHeaders),
  );
  const socket = sockets(desk, upgradeWebSocket);
  const predicted = predictions(desk, { upgradeWebSocket, maxPredictors: options.maxPredictors });
  for (const prefix of ["", "/cameras/:id"]) {
    app.get(`${prefix}/stream`, (context) => stream(desk, context));
    app.get(`${prefix}/snapshot`, (context) => snapshot(desk, context));
    app.get(`${prefix}/ws`, socket);
    app.get(`${prefix}/predictions`, predicted);
    app.post(`${prefix}/frames`, (context) => push(desk, context));
  }
  app.get("/livez", alive);
  app.get("/readyz", (context) => ready(context, shutdown));
  app.get("/metrics", (context) => metrics(context, collected));
  app.get("/*", page(desk, readAssets()));

  app.notFound((context) => context.json({ error: `Nothing is at ${context.req.path}` }, 404));
  app.onError((error, context) => {
    if (error instanceof HTTPException) return context.json({ error: error.message }, error.status);
    log.error("Cannot answer {path}: {error}", { path: context.req.path, error });
    return context.json({ error: "Internal error" }, 500);
  });
  return app;
}

function logEnd(log: Logger, { camera, transport, remote, id, since, sent, dropped, lag, pace }: SessionReport): void {
  const level = transport === "snapshot" ? "debug" : "info";
  log[level]("{camera}: a {transport} viewer left after {seconds} s, {sent} frames sent, {dropped} dropped", {
    camera,
    transport,
    session: id,
    remote,
    seconds: Math.round((Date.now() - since) / 1000),
    sent,
    dropped: dropped.replaced + dropped.rate + dropped.age,
    reasons: dropped,
    lag,
    pace,
  });
}
