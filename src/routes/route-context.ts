import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { everything, type Grant, type Right } from "../auth/grant.ts";
import type { Camera } from "../camera/camera.ts";
import type { Logger } from "../log.ts";
import { type Limits, ViewerLimiter } from "../session/limits.ts";
import { type Connection, isLoopback, type Session, type Sessions, type Transport } from "../session/session.ts";
import { type CameraReport, report } from "./report.ts";

/** What a desk is made of. */
export interface RouteContextOptions {
  /** Looked up at each request; the first one serves the routes that name no camera. */
  readonly cameras: ReadonlyMap<string, Camera>;
  readonly sessions: Sessions;
  /** Tells what the runtime knows of a request's connection. */
  readonly connection: (context: Context) => Connection;
  /** Tells what an asker may do. @default everything, and nobody is asked who he is */
  readonly grant?: ((context: Context) => Grant) | undefined;
  /** How many may watch. */
  readonly limits?: Limits | undefined;
  /** Milliseconds without progress after which a viewer is let go. @default 10000 */
  readonly stallAfter?: number | undefined;
  /** Dispatches `change` when the set of cameras has changed. @default it never does */
  readonly cameraChanges?: EventTarget | undefined;
  /** Aborted when the server is asked to end. @default it never is */
  readonly shutdown?: AbortSignal | undefined;
  readonly log: Logger;
}

/** Headers of everything that is live. */
export const liveHeaders: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "X-Accel-Buffering": "no",
  "X-Content-Type-Options": "nosniff",
};

/** Where every route turns: which camera a request means, who asks, and what may be told. */
export class RouteContext {
  readonly cameras: ReadonlyMap<string, Camera>;
  readonly sessions: Sessions;
  readonly stallAfter: number | undefined;
  readonly cameraChanges: EventTarget | undefined;
  readonly shutdown: AbortSignal | undefined;
  readonly log: Logger;
  /** What is known of a request's connection: asked for once, since a runtime may not tell any more when it is upgraded. */
  readonly connection: (context: Context) => Connection;
  readonly places: ViewerLimiter;
  readonly #grant: ((context: Context) => Grant) | undefined;

  constructor({
    cameras,
    sessions,
    connection,
    grant,
    limits,
    stallAfter,
    cameraChanges,
    shutdown,
    log,
  }: RouteContextOptions) {
    this.cameras = cameras;
    this.sessions = sessions;
    this.stallAfter = stallAfter;
    this.cameraChanges = cameraChanges;
    this.shutdown = shutdown;
    this.log = log;
    this.connection = once(connection);
    this.places = new ViewerLimiter(sessions, limits);
    this.#grant = grant;
  }

  /** The cameras an asker may know of, as they are at each call. */
  shown(context: Context): Camera[] {
    const grant = this.#grantOf(context);
    return [...this.cameras.values()].filter(({ id }) => grant.includes(id));
  }

  /** The camera of the path, or the first the asker may know of; a 404 that names those. */
  find(context: Context): Camera {
    const id = context.req.param("id");
    const shown = this.shown(context);
    const camera = id === undefined ? shown[0] : shown.find((one) => one.id === id);
    if (camera) return camera;
    const known = shown.map((one) => one.id).join(", ") || "none";
    throw new HTTPException(404, { message: `No camera ${id === undefined ? "yet" : `"${id}"`}; there are: ${known}` });
  }

  /** As {@link find}; a 410 for one that has ended. */
  findLive(context: Context): Camera {
    const camera = this.find(context);
    if (camera.state.state !== "ended") return camera;
    throw new HTTPException(410, { message: `Camera "${camera.id}" has ended` });
  }

  /** A 403 for an asker without this right. */
  require(context: Context, right: Right): void {
    if (!this.#grantOf(context).allows(right)) throw new HTTPException(403, { message: "Your token is not for this" });
  }

  /** A 503 if there is no place for one more viewer of a camera. */
  requirePlace(context: Context, camera: Camera): void {
    const full = this.places.full(camera.id, this.connection(context).remote);
    if (full === undefined) return;
    context.header("Retry-After", "10");
    throw new HTTPException(503, { message: full });
  }

  /** Makes the session of a viewer, not yet begun; a 503 if there is no place for one. */
  join(context: Context, camera: Camera, transport: Transport): Session {
    this.requirePlace(context, camera);
    return this.sessions.create({ camera: camera.id, transport, connection: this.connection(context) });
  }

  /** A camera in plain data, as this asker may see it. */
  describe(context: Context, camera: Camera): CameraReport {
    return report(camera, this.sessions.of(camera.id), { local: this.#isInsider(context) });
  }

  /** Whether sources and addresses are for this asker: by right where rights are asked for, else on this machine. */
  #isInsider(context: Context): boolean {
    if (this.#grant) return this.#grant(context).allows("admin");
    const proxied = ["forwarded", "x-forwarded-for", "x-real-ip"].some((name) => context.req.header(name));
    return !proxied && isLoopback(this.connection(context).remote);
  }

  #grantOf(context: Context): Grant {
    return this.#grant?.(context) ?? everything;
  }
}

function once<K extends WeakKey, V>(ask: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, { readonly value: V }>();
  return (key) => {
    const answer = known.get(key) ?? { value: ask(key) };
    known.set(key, answer);
    return answer.value;
  };
}
