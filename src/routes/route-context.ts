import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { cameraParameter } from "../auth/camera-parameter.ts";
import { describeDenial, everything, type Grant, type Right } from "../auth/grant.ts";
import { isUpstreamName } from "../auth/hosts.ts";
import type { Camera } from "../camera/camera.ts";
import type { Logger } from "../log.ts";
import { callAt } from "../session/call-at.ts";
import { type Connection, isLoopback } from "../session/connection.ts";
import { type Limits, ViewerLimiter } from "../session/limits.ts";
import type { Session, SessionOptions, Transport } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import { type CameraReport, reportCamera } from "./report.ts";

/** Options for {@link RouteContext}. */
export interface RouteContextOptions {
  /** Cameras by id, looked up at each request. Routes without a camera use the first one. */
  readonly cameras: ReadonlyMap<string, Camera>;
  readonly sessions: Sessions;
  /** Returns the network connection of a request. */
  readonly connection: (context: Context) => Connection;
  /** Returns the grant of a request. @default grants everything */
  readonly grant?: ((context: Context) => Grant) | undefined;
  /** Limits on viewers. */
  readonly limits?: Limits | undefined;
  /** Milliseconds without progress after which a viewer is disconnected. @default 10000 */
  readonly stallAfter?: number | undefined;
  /** Dispatches `change` when the set of cameras has changed. @default none */
  readonly cameraChanges?: EventTarget | undefined;
  /** Aborted when the server starts to shut down. @default none */
  readonly shutdown?: AbortSignal | undefined;
  readonly log: Logger;
}

/** Headers of live responses, which must be neither cached nor buffered. */
export const liveHeaders: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
  "X-Content-Type-Options": "nosniff",
};

/**
 * Returns the headers of a live response without an end. Its entity tag keeps middleware of the host, such as Hono's `etag()`,
 * from reading the whole body to make one; it is never the same twice.
 */
export function endlessHeaders(type: string): Readonly<Record<string, string>> {
  return { ...liveHeaders, "Content-Type": type, ETag: `"${crypto.randomUUID()}"` };
}

/** Headers by which a proxy tells that it is one. */
const proxyHeaders = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/** Shared state of all routes: finds the camera of a request, checks rights and limits, and creates sessions. */
export class RouteContext {
  readonly cameras: ReadonlyMap<string, Camera>;
  readonly sessions: Sessions;
  readonly stallAfter: number | undefined;
  readonly cameraChanges: EventTarget | undefined;
  readonly shutdown: AbortSignal | undefined;
  readonly log: Logger;
  /** Returns the network connection of a request, remembered because a runtime may forget it after an upgrade. */
  readonly connection: (context: Context) => Connection;
  readonly limiter: ViewerLimiter;
  readonly #grant: ((context: Context) => Grant) | undefined;

  constructor({ connection, grant, limits, ...options }: RouteContextOptions) {
    this.cameras = options.cameras;
    this.sessions = options.sessions;
    this.stallAfter = options.stallAfter;
    this.cameraChanges = options.cameraChanges;
    this.shutdown = options.shutdown;
    this.log = options.log;
    this.connection = memoize(connection);
    this.limiter = new ViewerLimiter(options.sessions, limits);
    this.#grant = grant;
  }

  /** Returns the current cameras that the client may know of. */
  visible(context: Context): Camera[] {
    const grant = this.#grantOf(context);
    return [...this.cameras.values()].filter(({ id }) => grant.includes(id));
  }

  /**
   * Returns the camera of the path or, without one, the visible one with this number, by default the first. Throws a 404 that
   * lists the visible ones.
   */
  find(context: Context, number = 0): Camera {
    const id = context.req.param(cameraParameter);
    const visible = this.visible(context);
    const camera = id === undefined ? visible[number] : visible.find((candidate) => candidate.id === id);
    if (camera) return camera;
    if (visible.length === 0 && id === undefined) throw new HTTPException(404, { message: "No camera is available" });
    const known = visible.map(({ id }) => id).join(", ") || "none";
    const wanted = id === undefined ? `number ${number}; the first is 0` : `"${id}"`;
    throw new HTTPException(404, { message: `No camera ${wanted}; available: ${known}` });
  }

  /** Throws a 410 if a camera has ended. */
  requireLive({ id, state }: Camera): void {
    if (state.state === "ended") throw new HTTPException(410, { message: `Camera "${id}" has ended` });
  }

  /** Throws a 403 if the client does not have this right. */
  require(context: Context, right: Right): void {
    if (!this.#grantOf(context).allows(right)) throw new HTTPException(403, { message: describeDenial(right) });
  }

  /** Returns the error message if one more viewer of a camera would exceed a limit, and counts it as refused. */
  refuse(context: Context, camera: string, session?: Session): string | undefined {
    const refusal = this.limiter.check(camera, { remote: this.connection(context).remote, session });
    return refusal && this.limiter.refuse(refusal);
  }

  /** Throws a 503 if one more viewer of a camera would exceed a limit. */
  requireRoom(context: Context, camera: Camera): void {
    const message = this.refuse(context, camera.id);
    if (message === undefined) return;
    context.header("Retry-After", "10");
    throw new HTTPException(503, { message });
  }

  /** Creates the session of a viewer, which is listed while it has a branch. */
  createSession(context: Context, transport: Transport, options: Partial<SessionOptions> = {}): Session {
    const { expires } = this.#grantOf(context);
    return this.sessions.create({ transport, connection: this.connection(context), expires, ...options });
  }

  /** Returns what all requests of a client with the same token, or the same signed URL, have in common. */
  ownerOf(context: Context): unknown {
    return context.req.query("signature") ?? this.#grantOf(context);
  }

  /** Returns a request body that errors when the client's grant expires. */
  untilExpiry(context: Context, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const { expires } = this.#grantOf(context);
    if (expires === undefined) return body;
    const end = new AbortController();
    const cancelExpiry = callAt(expires, () => end.abort(new Error("The signed URL has expired")));
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const done = body.pipeTo(writable, { signal: end.signal }).catch(() => {}); // the reader gets the error
    void done.then(cancelExpiry);
    return readable;
  }

  /** Returns a camera as plain data, with what the client may see. */
  report(context: Context, camera: Camera): CameraReport {
    return reportCamera(camera, { viewers: this.sessions.countOf(camera.id), isAdmin: this.isAdmin(context) });
  }

  /** Returns true if the client may see sources and addresses: by the right `admin` or, without tokens, on loopback. */
  isAdmin(context: Context): boolean {
    if (this.#grant) return this.#grant(context).allows("admin");
    const isProxied =
      proxyHeaders.some((name) => context.req.header(name)) || isUpstreamName(context.req.header("host"));
    return !isProxied && isLoopback(this.connection(context).remote);
  }

  #grantOf(context: Context): Grant {
    return this.#grant?.(context) ?? everything;
  }
}

function memoize<K extends WeakKey, V>(compute: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, { readonly value: V }>();
  return (key) => {
    const entry = known.get(key) ?? { value: compute(key) };
    known.set(key, entry);
    return entry.value;
  };
}
