import type { WSContext } from "hono/ws";
import { AckPacer } from "../../pacing/ack-pacer.ts";
import { KernelPacer } from "../../pacing/pacer.ts";
import { FairScheduler } from "../../pacing/scheduler.ts";
import type { Connection, Session } from "../../session/session.ts";
import type { CameraHandle } from "./camera-handle.ts";
import { type ClientMessage, parseMessage, type ServerMessage } from "./message.ts";
import { deliverFrames, deliverPredictions, deliverStates } from "./subscription.ts";

const maxErrors = 5;
const maxMessageLength = 16 * 1024; // characters

/** What a connection is handed. */
export interface TeecamV1ConnectionOptions {
  readonly socket: WSContext;
  readonly connection: Connection;
  readonly session: string;
  /** The cameras there are now. */
  readonly names: () => readonly string[];
  readonly find: (camera: string) => CameraHandle | undefined;
  /** Says why there is no place for a viewer of a camera; undefined if there is one. */
  readonly full?: ((camera: string) => string | undefined) | undefined;
  /** Makes the session of one camera on this connection. */
  readonly join: (camera: string) => Session;
  readonly stallAfter?: number | undefined;
}

/** What is known of a camera that is watched. */
interface Watched {
  readonly identity: object;
  readonly rate: number | undefined;
  readonly predictions: boolean;
  readonly over: AbortController;
}

/** What the cameras of a connection share. */
interface Line {
  readonly acks: boolean;
  readonly pace: KernelPacer | AckPacer;
  readonly turns: FairScheduler;
}

/**
 * One connection of `teecam.v1`: many cameras, their states and frames, and what the viewer says.
 *
 * Frames of all cameras share the connection's pace: by acknowledgements if the viewer gives them, else by its kernel.
 * What the viewer says wrong is answered with an `error`; the fifth time the connection is closed with 1008.
 */
export class TeecamV1Connection {
  readonly #options: TeecamV1ConnectionOptions;
  readonly #watched = new Map<string, Watched>();
  #line: Line | undefined;
  #errors = 0;

  constructor(options: TeecamV1ConnectionOptions) {
    this.#options = options;
    this.sendHello();
  }

  /** Says which cameras there are, once more when others have come; those that are gone or replaced are let go of. */
  sendHello(): void {
    const { session, names, find } = this.#options;
    for (const [camera, { identity, over }] of this.#watched) {
      if (find(camera)?.identity === identity) continue;
      this.#watched.delete(camera);
      over.abort();
    }
    this.#send({ type: "hello", session, cameras: names() });
  }

  /** Asks the viewer to leave, since the server ends (1001, RFC 6455 section 7.4.1). */
  end(): void {
    this.#options.socket.close(1001, "The server is shutting down");
  }

  /** The viewer said something. */
  receive(data: unknown): void {
    try {
      if (typeof data !== "string") throw new TypeError("A message is text, and this is binary");
      if (data.length > maxMessageLength) this.#options.socket.close(1009, "A message is too long");
      else this.#handle(parseMessage(data));
    } catch (error) {
      this.#sendError(error instanceof Error ? error.message : String(error));
    }
  }

  /** The connection is closed: every branch is let go of. */
  close(): void {
    for (const { over } of this.#watched.values()) over.abort();
    this.#watched.clear();
    this.#line?.pace.close();
    this.#line = undefined;
  }

  #handle(message: ClientMessage): void {
    if (message.type === "ping")
      this.#send({ type: "pong", id: message.id, now: performance.timeOrigin + performance.now() });
    else if (message.type === "ack") {
      const pace = this.#line?.pace;
      if (pace instanceof AckPacer) pace.acknowledge(message.camera, message.sequence, message.trip);
    } else this.#subscribe(message);
  }

  /** Cameras that were watched before, and are to be watched alike, go on untouched. */
  #subscribe({ cameras, fps, ack, predictions }: Extract<ClientMessage, { type: "subscribe" }>): void {
    if (!this.#line || this.#line.acks !== ack) {
      this.close();
      this.#line = this.#open(ack);
    }
    const { turns } = this.#line;
    const rateOf = (camera: string) =>
      typeof fps !== "object" ? fps : Object.hasOwn(fps, camera) ? fps[camera] : undefined;
    const wanted = new Map(cameras.map((camera) => [camera, rateOf(camera)]));
    for (const [camera, { rate, over, ...watched }] of this.#watched) {
      if (wanted.has(camera) && wanted.get(camera) === rate && watched.predictions === predictions) continue;
      this.#watched.delete(camera);
      over.abort();
    }
    for (const [camera, rate] of wanted) {
      if (this.#watched.has(camera)) continue;
      const watchable = this.#options.find(camera);
      if (!watchable) {
        this.#send({ type: "error", error: `No camera "${camera}"` });
        continue;
      }
      const full = this.#options.full?.(camera);
      if (full !== undefined) {
        this.#send({ type: "error", error: full });
        continue;
      }
      const over = new AbortController();
      this.#watched.set(camera, { identity: watchable.identity, rate, predictions, over });
      const { socket, join } = this.#options;
      const delivery = { camera, watchable, socket, turns, ack, signal: over.signal };
      void deliverStates(delivery, (message) => this.#send(message));
      if (predictions) void deliverPredictions(delivery);
      void deliverFrames(delivery, { session: join(camera), fps: rate });
    }
  }

  #open(ack: boolean): Line {
    const { connection, socket, stallAfter = 10_000 } = this.#options;
    const onStall = () => {
      this.close();
      if (connection.reset) connection.reset();
      else socket.close(1008, "No progress");
    };
    const pace = ack ? new AckPacer({ stallAfter, onStall }) : new KernelPacer({ connection, stallAfter, onStall });
    return { acks: ack, pace, turns: new FairScheduler(pace) };
  }

  #sendError(error: string): void {
    this.#send({ type: "error", error });
    if (++this.#errors >= maxErrors) this.#options.socket.close(1008, "Too many errors");
  }

  #send(message: ServerMessage): void {
    const { socket } = this.#options;
    if (socket.readyState === 1) socket.send(JSON.stringify(message)); // Deno's throws when it is closed
  }
}
