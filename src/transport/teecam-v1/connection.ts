import type { WSContext } from "hono/ws";
import { AckPacer } from "../../pacing/ack-pacer.ts";
import { KernelPacer } from "../../pacing/kernel-pacer.ts";
import { FairScheduler } from "../../pacing/scheduler.ts";
import type { Session } from "../../session/session.ts";
import { defaultStallAfter } from "../viewer.ts";
import { type ClientMessage, parseMessage, type ServerMessage } from "./message.ts";
import { type CameraHandle, subscribe } from "./subscription.ts";

const maxErrors = 5;
const maxMessageLength = 16 * 1024; // characters

/** Options for {@link TeecamV1Connection}. */
export interface TeecamV1ConnectionOptions {
  readonly socket: WSContext;
  /** The viewer, whose branches are those of this connection. */
  readonly session: Session;
  /** Returns the names of the cameras there are now. */
  readonly names: () => readonly string[];
  readonly find: (camera: string) => CameraHandle | undefined;
  /** Returns why one more viewer of a camera is refused; undefined if there is room. @default there always is */
  readonly refuse?: ((camera: string) => string | undefined) | undefined;
  /** Milliseconds without progress after which the viewer is disconnected. @default 10000 */
  readonly stallAfter?: number | undefined;
}

/** A camera that is subscribed to. */
interface Subscribed {
  /** The camera itself: another one may come to bear its name. */
  readonly handle: CameraHandle;
  readonly fps: number | undefined;
  readonly predictions: boolean;
  readonly end: AbortController;
}

/** The pace that the cameras of a connection share. */
interface SharedPace {
  /** Set when the viewer acknowledges frames. */
  readonly acks: AckPacer | undefined;
  readonly scheduler: FairScheduler;
  close(): void;
}

type SubscribeMessage = Extract<ClientMessage, { type: "subscribe" }>;

/**
 * One connection of `teecam.v1`: many cameras, their states and frames, and the viewer's messages.
 *
 * Frames of all cameras share the connection's pace: by acknowledgements if the viewer gives them, else by its kernel.
 * A bad message is answered with an `error`; the fifth one closes the connection with 1008.
 */
export class TeecamV1Connection {
  readonly #options: TeecamV1ConnectionOptions;
  readonly #subscribed = new Map<string, Subscribed>();
  #pace: SharedPace | undefined;
  #errors = 0;

  constructor(options: TeecamV1ConnectionOptions) {
    this.#options = options;
    this.sendHello();
  }

  /** Sends the names of the cameras, again whenever they have changed; subscriptions to those gone or replaced end. */
  sendHello(): void {
    const { session, names, find } = this.#options;
    for (const [camera, { handle, end }] of this.#subscribed) {
      if (find(camera) === handle) continue;
      this.#subscribed.delete(camera);
      end.abort();
    }
    this.#send({ type: "hello", session: session.id, cameras: names() });
  }

  /** Asks the viewer to leave, because the server shuts down (1001, RFC 6455 section 7.4.1). */
  end(): void {
    this.#options.socket.close(1001, "The server is shutting down");
  }

  /** Takes a message of the viewer. */
  receive(data: unknown): void {
    try {
      if (typeof data !== "string") throw new TypeError("A message is text, and this is binary");
      if (data.length > maxMessageLength) this.#options.socket.close(1009, "A message is too long");
      else this.#handle(parseMessage(data));
    } catch (error) {
      this.#sendError(error instanceof Error ? error.message : String(error));
    }
  }

  /** Ends every subscription, because the connection is closed. */
  close(): void {
    for (const { end } of this.#subscribed.values()) end.abort();
    this.#subscribed.clear();
    this.#pace?.close();
    this.#pace = undefined;
  }

  #handle(message: ClientMessage): void {
    switch (message.type) {
      case "ping":
        this.#send({ type: "pong", id: message.id, now: performance.timeOrigin + performance.now() });
        break;
      case "ack":
        this.#pace?.acks?.acknowledge(message.camera, message.sequence, message.trip);
        break;
      case "subscribe":
        this.#subscribe(message);
    }
  }

  /** Replaces the subscriptions; those that stay the same go on untouched. */
  #subscribe({ cameras, fps, ack, predictions }: SubscribeMessage): void {
    if (!this.#pace || (this.#pace.acks !== undefined) !== ack) {
      this.close();
      this.#pace = this.#createPace(ack);
    }
    const wanted = new Map(cameras.map((camera) => [camera, fpsOf(camera, fps)]));
    for (const [camera, former] of this.#subscribed) {
      if (wanted.has(camera) && wanted.get(camera) === former.fps && former.predictions === predictions) continue;
      this.#subscribed.delete(camera);
      former.end.abort();
    }
    for (const [camera, fps] of wanted) {
      if (!this.#subscribed.has(camera)) this.#add(camera, { fps, predictions, ack }, this.#pace.scheduler);
    }
  }

  #add(
    camera: string,
    { fps, predictions, ack }: Pick<SubscribeMessage, "ack" | "predictions"> & { readonly fps: number | undefined },
    scheduler: FairScheduler,
  ): void {
    const { socket, session, find, refuse } = this.#options;
    const handle = find(camera);
    if (!handle) {
      this.#send({ type: "error", error: `No camera "${camera}"` });
      return;
    }
    const refusal = refuse?.(camera);
    if (refusal !== undefined) {
      this.#send({ type: "error", error: refusal });
      return;
    }
    const end = new AbortController();
    this.#subscribed.set(camera, { handle, fps, predictions, end });
    const send = (message: ServerMessage) => this.#send(message);
    subscribe({ camera, handle, socket, session, scheduler, fps, ack, predictions, send, signal: end.signal });
  }

  #createPace(ack: boolean): SharedPace {
    const { session, socket, stallAfter = defaultStallAfter } = this.#options;
    const { connection } = session;
    const onStall = () => {
      this.close();
      if (connection.reset) connection.reset();
      else socket.close(1008, "No progress");
    };
    const acks = ack ? new AckPacer({ stallAfter, onStall }) : undefined;
    const pacer = acks ?? new KernelPacer({ connection, stallAfter, onStall });
    return { acks, scheduler: new FairScheduler(pacer), close: () => pacer.close() };
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

function fpsOf(camera: string, fps: SubscribeMessage["fps"]): number | undefined {
  if (typeof fps !== "object") return fps;
  return Object.hasOwn(fps, camera) ? fps[camera] : undefined;
}
