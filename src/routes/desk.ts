import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Camera } from "../camera.ts";
import type { Logger } from "../log.ts";
import { type Connection, isLoopback, type Session, type Sessions, type Transport } from "../session.ts";
import { type CameraReport, report } from "./report.ts";

/** What a desk is made of. */
export interface DeskOptions {
  /** Looked up at each request; the first one serves the routes that name no camera. */
  readonly cameras: ReadonlyMap<string, Camera>;
  readonly sessions: Sessions;
  /** Tells what the runtime knows of a request's connection. */
  readonly connection: (context: Context) => Connection;
  /** Milliseconds without progress after which a viewer is let go. @default 10000 */
  readonly stallAfter?: number | undefined;
  readonly log: Logger;
}

/** Headers of everything that is live. */
export const live: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "X-Accel-Buffering": "no",
  "X-Content-Type-Options": "nosniff",
};

/** Where every route turns: which camera a request means, who asks, and what may be told. */
export class Desk {
  readonly cameras: ReadonlyMap<string, Camera>;
  readonly sessions: Sessions;
  readonly stallAfter: number | undefined;
  readonly log: Logger;
  readonly connection: (context: Context) => Connection;

  constructor({ cameras, sessions, connection, stallAfter, log }: DeskOptions) {
    this.cameras = cameras;
    this.sessions = sessions;
    this.stallAfter = stallAfter;
    this.log = log;
    this.connection = connection;
  }

  /** The camera of the path, or the first; a 404 that names those there are. */
  find(context: Context): Camera {
    const id = context.req.param("id");
    const camera = id === undefined ? this.cameras.values().next().value : this.cameras.get(id);
    if (camera) return camera;
    const known = [...this.cameras.keys()].join(", ") || "none";
    throw new HTTPException(404, { message: `No camera ${id === undefined ? "yet" : `"${id}"`}; there are: ${known}` });
  }

  /** As {@link find}; a 410 for one that has ended. */
  findLive(context: Context): Camera {
    const camera = this.find(context);
    if (camera.state.state !== "ended") return camera;
    throw new HTTPException(410, { message: `Camera "${camera.id}" has ended` });
  }

  /** Makes the session of a viewer, not yet begun. */
  join(context: Context, camera: Camera, transport: Transport): Session {
    return this.sessions.create({ camera: camera.id, transport, connection: this.connection(context) });
  }

  /** A camera in plain data, as this asker may see it. */
  describe(context: Context, camera: Camera): CameraReport {
    const local = isLoopback(this.connection(context).remote);
    return report(camera, this.sessions.of(camera.id), { local });
  }
}
