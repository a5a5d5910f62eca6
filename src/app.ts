import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { UpgradeWebSocket } from "./adapter/serve.ts";
import { authenticate, grantOf } from "./auth/authenticate.ts";
import { cameraParameter } from "./auth/camera-parameter.ts";
import { type CrossOriginOptions, crossOrigin } from "./auth/cross-origin.ts";
import type { Rules } from "./auth/rules.ts";
import { type AuthOptions, TokenStore } from "./auth/token-store.ts";
import type { Camera } from "./camera/camera.ts";
import { type Logger, loggerOf } from "./log.ts";
import { Metrics } from "./metrics/metrics.ts";
import { readAssets } from "./routes/assets.ts";
import { listCameras, listViewers, showCamera, showState } from "./routes/cameras.ts";
import { alive, metrics, ready } from "./routes/health.ts";
import { logViewers } from "./routes/log-viewers.ts";
import { isOfPage, page } from "./routes/page.ts";
import { predictions } from "./routes/predictions.ts";
import { push } from "./routes/push.ts";
import { RouteContext } from "./routes/route-context.ts";
import { signature } from "./routes/signature.ts";
import { snapshot } from "./routes/snapshot.ts";
import { stream } from "./routes/stream.ts";
import { websocket } from "./routes/websocket.ts";
import { whep } from "./routes/whep.ts";
import type { RtcHost } from "./rtc/host.ts";
import type { Connection } from "./session/connection.ts";
import type { Limits } from "./session/limits.ts";
import { Sessions } from "./session/sessions.ts";

/** Options for {@link createApp}. */
export interface AppOptions extends CrossOriginOptions {
  /** Cameras by id, looked up at each request. Routes without a camera use the first one. The app closes none. */
  readonly cameras: ReadonlyMap<string, Camera>;
  /** Accepts WebSockets. @default `upgradeWebSocket` of the library, which needs {@link ServeInto} on a server of `node:http` */
  readonly upgradeWebSocket?: UpgradeWebSocket | undefined;
  /** Returns the network connection of a request. @default {@link connection} */
  readonly connection?: ((context: Context) => Connection) | undefined;
  /** Tokens that give access to the app. @default none, everyone has access */
  readonly auth?: AuthOptions | undefined;
  /** Limits on concurrent viewers, beyond which they get a 503. @default 1000 in total */
  readonly limits?: Limits | undefined;
  /** Maximum predictors that run for one viewer each, beyond which viewers get a 503. @default 16 */
  readonly maxPredictors?: number | undefined;
  /** Milliseconds without progress after which a viewer, or a client that pushes, is disconnected. @default 10000 */
  readonly stallAfter?: number | undefined;
  /** Speaks WebRTC with viewers; the app does not close it. @default none, and `/whep` responds 501 */
  readonly rtc?: RtcHost | undefined;
  /** Dispatches `change` when the set of cameras has changed, for viewers by `teecam.v1`. @default none */
  readonly cameraChanges?: EventTarget | undefined;
  /** Aborted when the server shuts down: `/readyz` then responds 503, and `teecam.v1` closes. @default none */
  readonly shutdown?: AbortSignal | undefined;
  /** Gets the events of the app. @default warnings and errors go to the console */
  readonly log?: Logger | undefined;
}

/** Methods of routes that respond 405 to some; those of "ALL" would be taken for middleware. */
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** The right that each route requires. With tokens, a route that is missing here is inaccessible. */
const rules: Rules = {
  "/*": "any", // the page shows only what its viewer may see
  "/cameras": "view",
  [`/cameras/:${cameraParameter}`]: "view",
  [`/cameras/:${cameraParameter}/viewers`]: "view",
  [`/cameras/:${cameraParameter}/signature`]: "admin", // it gives access to others
  "/state": "view",
  "/stream": "view",
  [`/cameras/:${cameraParameter}/stream`]: "view",
  "/snapshot": "view",
  [`/cameras/:${cameraParameter}/snapshot`]: "view",
  "/ws": "view",
  [`/cameras/:${cameraParameter}/ws`]: "view",
  "/whep": "view",
  "/whep/:session": "view",
  [`/cameras/:${cameraParameter}/whep`]: "view",
  [`/cameras/:${cameraParameter}/whep/:session`]: "view",
  "/predictions": "view",
  [`/cameras/:${cameraParameter}/predictions`]: "view",
  "/frames": "push",
  [`/cameras/:${cameraParameter}/frames`]: "push",
  "/metrics": "admin", // it names all cameras, and describes the machine
  "/livez": "open",
  "/readyz": "open",
};

/** Returns the methods that a route of one method answers. */
function allowedBy(method: string): readonly string[] {
  return method === "GET" ? ["GET", "HEAD"] : [method];
}

/** Responds 405 with the methods that a path has. */
function methodNotAllowed(context: Context, allowed: readonly string[]): Response {
  context.header("Allow", allowed.join(", "));
  return context.json({ error: `${context.req.method} is not allowed here: use ${allowed.join(" or ")}` }, 405);
}

/**
 * Creates the HTTP app. Its `fetch` is an edge-style handler for `Deno.serve`, node-server or another Hono app.
 *
 * @example
 * ```ts
 * const front = camera({ id: "front", source: "/dev/video0" });
 * const app = createApp({ cameras: new Map([[front.id, front]]) });
 * Deno.serve(app.fetch);
 * ```
 */
export function createApp(options: AppOptions): Hono {
  const { cameras, upgradeWebSocket, connection = (): Connection => ({}), stallAfter } = options;
  const log = loggerOf(options.log);
  const { limits, cameraChanges, shutdown, maxPredictors, rtc } = options;
  const logViewer = logViewers(log);
  const sessions = new Sessions((session, branch) => {
    appMetrics.addEnded(session, branch);
    logViewer(session, branch);
  });
  const tokens = options.auth && new TokenStore(options.auth);
  const grant = tokens && grantOf;
  const contextOptions = { cameras, sessions, connection, grant, limits, stallAfter, cameraChanges, shutdown, log };
  const routes = new RouteContext(contextOptions);
  const appMetrics = new Metrics({ cameras, sessions, rtc, refused: () => routes.limiter.refused });
  const app = new Hono();

  app.use("*", crossOrigin(options, { rules, requiresToken: tokens !== undefined, connection, log }));
  app.use("*", authenticate({ tokens, rules, connection, log }));

  const camera = `/cameras/:${cameraParameter}`;
  app.get("/cameras", (context) => listCameras(routes, context));
  app.get(camera, (context) => showCamera(routes, context));
  app.get(`${camera}/viewers`, (context) => listViewers(routes, context));
  app.get(`${camera}/signature`, (context) => signature(routes, context, tokens));
  app.get("/state", (context) => showState(routes, context));
  const websocketHandler = websocket(routes, upgradeWebSocket);
  const predictionsHandler = predictions(routes, { upgradeWebSocket, maxPredictors });
  const whepHandlers = whep(routes, rtc);
  for (const prefix of ["", camera]) {
    app.on(methods, `${prefix}/whep`, whepHandlers.endpoint);
    app.on(methods, `${prefix}/whep/:session`, whepHandlers.session);
    app.get(`${prefix}/stream`, (context) => stream(routes, context));
    app.get(`${prefix}/snapshot`, (context) => snapshot(routes, context));
    app.get(`${prefix}/ws`, websocketHandler);
    app.get(`${prefix}/predictions`, predictionsHandler);
    app.on(["POST", "PUT"], `${prefix}/frames`, (context) => push(routes, context));
  }
  app.get("/livez", alive);
  app.get("/readyz", (context) => ready(context, shutdown));
  app.get("/metrics", (context) => metrics(routes, context, appMetrics));
  const assets = readAssets();
  app.get("/*", page(routes, assets));

  for (const path of new Set(app.routes.map((route) => route.path))) {
    if (path === "/*") continue;
    // "all" is no route of its own for the rules above
    const allowed = app.routes.flatMap((route) => (route.path === path ? allowedBy(route.method) : []));
    app.all(path, (context) => methodNotAllowed(context, allowed));
  }

  app.all("/*", async (context, next) =>
    isOfPage(context, assets) ? methodNotAllowed(context, ["GET", "HEAD"]) : await next(),
  );

  app.notFound((context) => context.json({ error: `Not found: ${context.req.path}` }, 404));
  app.onError((error, context) => {
    if (error instanceof HTTPException) return context.json({ error: error.message }, error.status);
    log.error("Cannot answer {path}: {error}", { path: context.req.path, error });
    return context.json({ error: "Internal error" }, 500);
  });
  return app;
}
