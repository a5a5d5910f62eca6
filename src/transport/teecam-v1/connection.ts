import type { WSContext } from "hono/ws";
import { AckPacer } from "../../pacing/ack-pacer.ts";
import { KernelPacer } from "../../pacing/kernel-pacer.ts";
import { FairScheduler } from "../../pacing/scheduler.ts";
import type { Session } from "../../session/session.ts";
import { defaultStallAfter } from "../viewer.ts";
import { type ClientMessage, type PingId, parseMessage } from "./message.ts";
import { Outbox } from "./outbox.ts";
import { type CameraHandle, subscribe } from "./subscription.ts";

const maxErrors = 5;
const closeGrace = 2000; // milliseconds that a viewer which does not read has for the closing handshake
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
  /** Whether the viewer is told the whole reasons of states: addresses, paths, what programs wrote. @default false */
  readonly isAdmin?: boolean | undefined;
  /** Milliseconds without progress after which the viewer is disconnected. @default 10000 */
  readonly stallAfter?: number | undefined;
}

/** A camera that is subscribed to. */
interface Subscribed {
  /** The camera itself: another one may come to bear its name. */
  readonly handle: CameraHandle;
  readonly fps: number | undefined;
  readonly predictions: boolean;
  /** Whether coded pictures are accepted. */
  readonly video: boolean;
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
 * A bad message, and each name of no camera, is answered with an `error`; the fifth one closes the connection with 1008, as
 * does a viewer that has many answers coming and does not read them.
 */
export class TeecamV1Connection {
  readonly #options: TeecamV1ConnectionOptions;
  readonly #subscribed = new Map<string, Subscribed>();
  readonly #outbox: Outbox;
  readonly #closed = new AbortController();
  #pace: SharedPace | undefined;
  #errors = 0;
  #isHelloDue = false;
  #hasLeft = false; // the closing handshake is under way: what the viewer still says is not answered

  constructor(options: TeecamV1ConnectionOptions) {
    this.#options = options;
    this.#outbox = new Outbox({ socket: options.socket, onOverflow: () => this.#leave("Answers are not read") });
    this.sendHello();
  }

  /** Sends the names of the cameras, again whenever they have changed; subscriptions to those gone or replaced end. */
  sendHello(): void {
    const { find } = this.#options;
    for (const [camera, { handle, end }] of this.#subscribed) {
      if (find(camera) === handle) continue;
      this.#subscribed.delete(camera);
      end.abort();
    }
    void this.#sendNames();
  }

  /** Asks the viewer to leave, because the server shuts down (1001, RFC 6455 section 7.4.1). */
  end(): void {
    this.#options.socket.close(1001, "The server is shutting down");
  }

  /** Takes a message of the viewer. */
  receive(data: unknown): void {
    if (this.#hasLeft) return;
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
    this.#closed.abort();
    this.#endSubscriptions();
  }

  #endSubscriptions(): void {
    for (const { end } of this.#subscribed.values()) end.abort();
    this.#subscribed.clear();
    this.#pace?.close();
    this.#pace = undefined;
  }

  #sendPong(id: PingId): void {
    const clock = performance.now();
    this.#outbox.send({ type: "pong", id, now: performance.timeOrigin + clock, clock });
  }

  #handle(message: ClientMessage): void {
    switch (message.type) {
      case "ping":
        this.#sendPong(message.id);
        break;
      case "ack":
        this.#pace?.acks?.acknowledge(message.camera, message.sequence, message.trip);
        break;
      case "subscribe":
        this.#subscribe(message);
    }
  }

  /** Replaces the subscriptions; those that stay the same go on untouched. */
  #subscribe({ cameras, fps, ack, predictions, video: codecs = [] }: SubscribeMessage): void {
    const video = codecs.includes("avc1");
    if (!this.#pace || (this.#pace.acks !== undefined) !== ack) {
      this.#endSubscriptions();
      this.#pace = this.#createPace(ack);
    }
    const { scheduler } = this.#pace;
    const wanted = new Map(cameras.map((camera) => [camera, fpsOf(camera, fps)]));
    for (const [camera, former] of this.#subscribed) {
      const isSame = former.predictions === predictions && former.video === video;
      if (isSame && wanted.has(camera) && wanted.get(camera) === former.fps) continue;
      this.#subscribed.delete(camera);
      former.end.abort();
    }
    for (const [camera, fps] of wanted) {
      if (this.#hasLeft) return; // too many of the names were wrong
      if (!this.#subscribed.has(camera)) this.#add(camera, { fps, predictions, video, ack }, scheduler);
    }
  }

  #add(
    camera: string,
    { fps, predictions, video, ack }: Pick<Subscribed, "fps" | "predictions" | "video"> & { readonly ack: boolean },
    scheduler: FairScheduler,
  ): void {
    const { socket, session, find, refuse, isAdmin = false } = this.#options;
    const handle = find(camera);
    if (!handle) {
      this.#sendError(`No camera "${camera}"`);
      return;
    }
    const refusal = refuse?.(camera);
    if (refusal !== undefined) {
      this.#outbox.send({ type: "error", error: refusal });
      return;
    }
    const end = new AbortController();
    this.#subscribed.set(camera, { handle, fps, predictions, video, end });
    const outbox = this.#outbox;
    const { signal } = end;
    const viewer = { socket, session, scheduler, outbox, isAdmin, signal };
    subscribe({ ...viewer, camera, handle, fps, ack, predictions, video });
  }

  #createPace(ack: boolean): SharedPace {
    const { session, socket, stallAfter = defaultStallAfter } = this.#options;
    const { connection } = session;
    const onStall = () => {
      this.#endSubscriptions();
      if (connection.reset) connection.reset();
      else socket.close(1008, "No progress");
    };
    const acks = ack ? new AckPacer({ stallAfter, onStall }) : undefined;
    const pacer = acks ?? new KernelPacer({ connection, stallAfter, onStall });
    return { acks, scheduler: new FairScheduler(pacer), close: () => pacer.close() };
  }

  #sendError(error: string): void {
    this.#outbox.send({ type: "error", error });
    if (++this.#errors === maxErrors) this.#leave("Too many errors");
  }

  /** Sends the names that there are when the viewer reads: one message, however often they change until then. */
  async #sendNames(): Promise<void> {
    if (this.#isHelloDue) return;
    this.#isHelloDue = true;
    if (!this.#outbox.hasRoom) await this.#outbox.room(this.#closed.signal);
    this.#isHelloDue = false;
    const { session, names } = this.#options;
    this.#outbox.send({ type: "hello", session: session.id, cameras: names() });
  }

  /** Closes the connection with 1008, and resets it if the viewer does not take part in that. */
  #leave(reason: string): void {
    const { socket, session } = this.#options;
    this.#hasLeft = true;
    socket.close(1008, reason);
    this.#endSubscriptions();
    const timer = setTimeout(() => session.connection.reset?.(), closeGrace);
    this.#closed.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  }
}

function fpsOf(camera: string, fps: SubscribeMessage["fps"]): number | undefined {
  if (typeof fps !== "object") return fps;
  return Object.hasOwn(fps, camera) ? fps[camera] : undefined;
}
