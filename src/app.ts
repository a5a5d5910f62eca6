import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { routePath } from "hono/route";
import type { WSContext, WSEvents } from "hono/ws";
import type { Camera } from "./camera.ts";
import { type Logger, silent } from "./log.ts";
import { readPage } from "./page.ts";
import { numberParameter, switchParameter } from "./query.ts";
import { ageOf, report, ustreamerState } from "./report.ts";
import { subprotocol, type UpgradeWebSocket } from "./serve.ts";
import { type Connection, isLoopback, type SessionReport, Sessions, type Transport } from "./session.ts";
import { mjpeg } from "./transport/mjpeg.ts";
import { Multiplex } from "./transport/multiplex.ts";
import { contentType, formatTimestamp } from "./transport/part.ts";
import { snapshot } from "./transport/snapshot.ts";
import { sendFrames } from "./transport/websocket.ts";

/** What an app serves, and what it needs of its host. */
export interface AppOptions {
  /** Looked up at each request; the first one serves the routes that name no camera. The app does not close them. */
  readonly cameras: ReadonlyMap<string, Camera>;
  /** The host's own, by `createNodeWebSocket` on Node; without one `/ws` answers 501. */
  readonly upgradeWebSocket?: UpgradeWebSocket | undefined;
  /** Tells what the runtime knows of a request's connection. @default nothing is known */
  readonly connection?: ((context: Context) => Connection) | undefined;
  /** Milliseconds without progress after which a viewer is let go. @default 10000 */
  readonly stallAfter?: number | undefined;
  /** @default none */
  readonly log?: Logger | undefined;
}

const live = { "Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff" };
const pagePolicy =
  "default-src 'self'; img-src 'self' blob: data:; connect-src 'self'; object-src 'none'; base-uri 'none'";

/** Makes the HTTP app: its `fetch` is an edge-style handler for `Deno.serve`, node-server or another Hono app. */
export function createApp(options: AppOptions): Hono {
  const { cameras, upgradeWebSocket, connection = (): Connection => ({}), stallAfter, log = silent } = options;
  const app = new Hono();
  const page = readPage();
  const sessions = new Sessions((session) => logEnd(log, session));

  const find = (context: Context): Camera => {
    const id = context.req.param("id");
    const camera = id === undefined ? cameras.values().next().value : cameras.get(id);
    if (camera) return camera;
    const known = [...cameras.keys()].join(", ") || "none";
    throw new HTTPException(404, { message: `No camera ${id === undefined ? "yet" : `"${id}"`}; there are: ${known}` });
  };
  const join = (context: Context, camera: Camera, transport: Transport) =>
    sessions.create({ camera: camera.id, transport, connection: connection(context) });
  const describe = (context: Context, camera: Camera) =>
    report(camera, sessions.of(camera.id), { local: isLoopback(connection(context).remote) });

  const stream = (context: Context): Response => {
    const camera = find(context);
    const options = {
      fps: numberParameter(context, "fps", { least: 0.01, most: 1000 }),
      frames: numberParameter(context, "frames", { least: 1, most: 1e9, whole: true }),
      maxAge: numberParameter(context, "max_age", { least: 0, most: 1e9 }),
      stallAfter,
      advanceHeaders: switchParameter(context, "advance_headers") ?? isImage(context),
    };
    refuseEnded(camera);
    const headers = { ...live, "Content-Type": contentType };
    if (context.req.method === "HEAD") return context.body(null, 200, headers); // a body would be dropped, not cancelled
    const body = mjpeg((view) => camera.tee(view), join(context, camera, "mjpeg"), options);
    return context.body(body, 200, headers);
  };

  const still = async (context: Context): Promise<Response> => {
    const camera = find(context);
    const options = {
      maxAge: numberParameter(context, "max_age", { least: 0, most: 1e9 }),
      after: numberParameter(context, "after", { least: -1, most: Number.MAX_SAFE_INTEGER, whole: true }),
    };
    refuseEnded(camera);
    const frame = await snapshot((view) => camera.tee(view), join(context, camera, "snapshot"), options);
    if (!frame) {
      context.header("Retry-After", "1");
      return context.json({ error: `Camera "${camera.id}" gives no frame: it is ${camera.state.state}` }, 503);
    }
    return context.body(frame.data, 200, {
      ...live,
      "Content-Type": "image/jpeg",
      "X-Timestamp": formatTimestamp(frame),
      "X-Sequence": String(frame.sequence),
    });
  };

  const watch = upgradeWebSocket?.((context): WSEvents => {
    const camera = find(context);
    const limits = {
      fps: numberParameter(context, "fps", { least: 0.01, most: 1000 }),
      maxAge: numberParameter(context, "max_age", { least: 0, most: 1e9 }),
      stallAfter,
    };
    const over = new AbortController();
    let multiplex: Multiplex | undefined;
    return {
      onOpen(_, socket) {
        if (socket.protocol === subprotocol) multiplex = share(context, socket);
        else
          void sendFrames((view) => camera.tee(view), join(context, camera, "websocket"), {
            ...limits,
            socket,
            closed: over.signal,
          });
      },
      onMessage: ({ data }) => multiplex?.receive(data),
      onClose() {
        over.abort();
        multiplex?.close();
      },
    };
  });
  const share = (context: Context, socket: WSContext): Multiplex => {
    const id = crypto.randomUUID();
    const known = connection(context);
    return new Multiplex({
      socket,
      connection: known,
      session: id,
      names: [...cameras.keys()],
      stallAfter,
      find(name) {
        const camera = cameras.get(name);
        return camera && { tee: (view) => camera.tee(view), states: () => camera.states(), age: () => ageOf(camera) };
      },
      join: (camera) => sessions.create({ id, camera, transport: "websocket", connection: known }),
    });
  };
  const socket = async (context: Context, next: () => Promise<void>) => {
    find(context);
    if (!watch) {
      return context.json({ error: "No WebSockets here: the host passes no upgradeWebSocket to createApp()" }, 501);
    }
    if (context.req.header("upgrade")?.toLowerCase() !== "websocket") {
      context.header("Upgrade", "websocket");
      return context.json({ error: "This is a WebSocket; /stream serves HTTP" }, 426);
    }
    return await watch(context, next);
  };

  app.get("/cameras", (context) =>
    context.json({ cameras: [...cameras.values()].map((camera) => describe(context, camera)) }, 200, live),
  );
  app.get("/cameras/:id", (context) => context.json(describe(context, find(context)), 200, live));
  app.get("/state", (context) => context.json(ustreamerState(describe(context, find(context))) as object, 200, live));
  for (const prefix of ["", "/cameras/:id"]) {
    app.get(`${prefix}/stream`, stream);
    app.get(`${prefix}/snapshot`, still);
    app.get(`${prefix}/ws`, socket);
  }
  app.get("/*", (context, next) => {
    const name = context.req.path.slice(routePath(context).length - 1); // the rest behind wherever this is mounted
    if (name === "") return root(context);
    return page.has(name) ? asset(context, name) : next();
  });

  app.notFound((context) => context.json({ error: `Nothing is at ${context.req.path}` }, 404));
  app.onError((error, context) => {
    if (error instanceof HTTPException) return context.json({ error: error.message }, error.status);
    log.error("Cannot answer {path}: {error}", { path: context.req.path, error });
    return context.json({ error: "Internal error" }, 500);
  });
  return app;

  function root(context: Context): Response | Promise<Response> {
    const action = context.req.query("action"); // as mjpg-streamer has it
    if (action !== undefined) {
      if (/^stream(_\d+)?$/.test(action)) return stream(context);
      if (/^snapshot(_\d+)?$/.test(action)) return still(context);
      throw new HTTPException(400, { message: `Bad action "${action}": it is stream or snapshot` });
    }
    const { pathname, search } = new URL(context.req.url);
    // The page names its files relative to itself, so that it may be mounted under any path.
    return pathname.endsWith("/") ? asset(context, "index.html") : context.redirect(`${pathname}/${search}`, 301);
  }

  function asset(context: Context, name: string): Response {
    const file = page.get(name);
    if (!file) return context.notFound() as Response;
    return context.body(file.body, 200, {
      "Content-Type": file.type,
      "Cache-Control": "no-cache",
      "Content-Security-Policy": pagePolicy,
      "X-Content-Type-Options": "nosniff",
    });
  }
}

/** A browser's `<img>`, which paints a part late: by fetch metadata or, on plain-HTTP addresses, by what it accepts. */
function isImage(context: Context): boolean {
  const destination = context.req.header("sec-fetch-dest");
  return destination === undefined
    ? (context.req.header("accept")?.startsWith("image/") ?? false)
    : destination === "image";
}

function refuseEnded(camera: Camera): void {
  if (camera.state.state === "ended") throw new HTTPException(410, { message: `Camera "${camera.id}" has ended` });
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
