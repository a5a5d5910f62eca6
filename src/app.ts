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
import { listCameras, listViewers, showCamera, showState } from "./routes/cameras.ts";
import { alive, metrics, ready } from "./routes/health.ts";
import { logViewers } from "./routes/log-viewers.ts";
import { page } from "./routes/page.ts";
import { predictions } from "./routes/predictions.ts";
import { push } from "./routes/push.ts";
import { RouteContext } from "./routes/route-context.ts";
import { snapshot } from "./routes/snapshot.ts";
import { stream } from "./routes/stream.ts";
import { websocket } from "./routes/websocket.ts";
import type { Connection } from "./session/connection.ts";
import type { Limits } from "./session/limits.ts";
import { Sessions } from "./session/sessions.ts";

/** Options for {@link createApp}: what it serves, to whom, and what it needs of its host. */
export interface AppOptions extends CrossOriginOptions {
  /** Looked up at each request; the first one serves the routes that name no camera. The app does not close them. */
  readonly cameras: ReadonlyMap<string, Camera>;
  /** The host's own, by `createNodeWebSocket` on Node; without one `/ws` answers 501. */
  readonly upgradeWebSocket?: UpgradeWebSocket | undefined;
  /** Returns what the runtime knows of a request's connection. @default nothing is known */
  readonly connection?: ((context: Context) => Connection) | undefined;
  /** Tokens that open the app. @default none: everybody may look */
  readonly auth?: AuthOptions | undefined;
  /** Limits on viewers; one more gets a 503. */
  readonly limits?: Limits | undefined;
  /** Predictors that may run for one viewer each; a viewer that asks for one more gets a 503. @default 16 */
  readonly maxPredictors?: number | undefined;
  /** Milliseconds without progress after which a viewer, or a client that pushes, is disconnected. @default 10000 */
  readonly stallAfter?: number | undefined;
  /** Dispatches `change` when the set of cameras has changed: viewers by `teecam.v1` are told. @default it never does */
  readonly cameraChanges?: EventTarget | undefined;
  /** Aborted when the server is asked to shut down: `/readyz` answers 503 then, and `teecam.v1` is closed. @default it never is */
  readonly shutdown?: AbortSignal | undefined;
  /** @default none */
  readonly log?: Logger | undefined;
}

/** The right that each route needs; a route that is not named here is closed wherever tokens are asked for. */
const rules: AuthenticateOptions["rules"] = {
  "/*": "any", // the page shows what its viewer may see
  "/cameras": "view",
  "/cameras/:id": "view",
  "/cameras/:id/viewers": "view",
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

/**
 * Makes the HTTP app: its `fetch` is an edge-style handler for `Deno.serve`, node-server or another Hono app.
 *
 * @example
 * ```ts
 * const front = camera({ id: "front", source: "/dev/video0" });
 * const app = createApp({ cameras: new Map([[front.id, front]]) });
 * Deno.serve(app.fetch);
 * ```
 */
export function createApp(options: AppOptions): Hono {
  const { cameras, upgradeWebSocket, connection = (): Connection => ({}), stallAfter, log = silent } = options;
  const { limits, cameraChanges, shutdown, maxPredictors } = options;
  const logViewer = logViewers(log);
  const sessions = new Sessions((session, branch) => {
    collected.keep(session, branch);
    logViewer(session, branch);
  });
  const tokens = options.auth && new TokenStore(options.auth);
  const grant = tokens && grantOf;
  const shared = { cameras, sessions, connection, grant, limits, stallAfter, cameraChanges, shutdown, log };
  const routes = new RouteContext(shared);
  const collected = new Metrics({ cameras, sessions, refused: () => routes.limiter.refused });
  const app = new Hono();

  app.use("*", crossOrigin(options));
  app.use("*", authenticate({ tokens, rules, connection, log }));

  app.get("/cameras", (context) => listCameras(routes, context));
  app.get("/cameras/:id", (context) => showCamera(routes, context));
  app.get("/cameras/:id/viewers", (context) => listViewers(routes, context));
  app.get("/state", (context) => showState(routes, context));
  const ws = websocket(routes, upgradeWebSocket);
  const predicted = predictions(routes, { upgradeWebSocket, maxPredictors });
  for (const prefix of ["", "/cameras/:id"]) {
    app.get(`${prefix}/stream`, (context) => stream(routes, context));
    app.get(`${prefix}/snapshot`, (context) => snapshot(routes, context));
    app.get(`${prefix}/ws`, ws);
    app.get(`${prefix}/predictions`, predicted);
    app.on(["POST", "PUT"], `${prefix}/frames`, (context) => push(routes, context));
  }
  app.get("/livez", alive);
  app.get("/readyz", (context) => ready(context, shutdown));
  app.get("/metrics", (context) => metrics(routes, context, collected));
  app.get("/*", page(routes, readAssets()));

  app.notFound((context) => context.json({ error: `Nothing is at ${context.req.path}` }, 404));
  app.onError((error, context) => {
    if (error instanceof HTTPException) return context.json({ error: error.message }, error.status);
    log.error("Cannot answer {path}: {error}", { path: context.req.path, error });
    return context.json({ error: "Internal error" }, 500);
  });
  return app;
}
