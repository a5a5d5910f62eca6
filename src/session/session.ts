import { AsyncLocalStorage } from "node:async_hooks";
import { RateMeter } from "../relay/rate-meter.ts";

/** How a viewer watches. */
export type Transport = "mjpeg" | "snapshot" | "websocket" | "predictions";

/** What the runtime knows of the connection a request came over. */
export interface Connection {
  /** Address of the other end. */
  readonly remote?: string | undefined;
  /** Aborted when the connection is gone; where there is none, the body's `cancel` is all that tells. */
  readonly closed?: AbortSignal | undefined;
  /**
   * What its kernel holds for the other end; undefined where nobody tells, and when the connection is gone. An answer may
   * be so many milliseconds old. @default 0
   */
  readonly queue?: ((maxAge?: number) => SendQueue | undefined) | undefined;
  /** Ends the connection at once, without waiting for what it holds; where there is none, it stays until it ends by itself. */
  readonly reset?: (() => void) | undefined;
}

/** What a connection's kernel holds for the other end. */
export interface SendQueue {
  /** Bytes that the other end has not acknowledged, those not sent yet included. */
  readonly unacknowledged: number;
  /** All bytes that the kernel was ever handed; undefined where it has at once what the runtime takes. */
  readonly total?: number | undefined;
}

/** A session in plain data. */
export interface SessionReport {
  readonly id: string;
  readonly camera: string;
  readonly transport: Transport;
  /** Address of the viewer, for those who may know it. */
  readonly remote?: string | undefined;
  /** When it began, in milliseconds since the epoch. */
  readonly since: number;
  /** Frames a second handed to the viewer's connection lately. */
  readonly fps: number;
  /** Frames handed to the viewer's connection. */
  readonly sent: number;
  /** Frames the viewer did not get. */
  readonly dropped: Dropped;
  /** What tells how much the connection can take: its kernel's send queue, or only how fast it takes what it is handed. */
  readonly pace: string;
  /** How old the newest frame that is known to have come was then, in milliseconds; null before the first. */
  readonly lag: number | null;
}

/** Frames that a viewer did not get, by reason. */
export interface Dropped {
  /** Newer ones came before it could take them. */
  readonly replaced: number;
  /** It asked for fewer. */
  readonly rate: number;
  /** They were too old when it could take them. */
  readonly age: number;
}

/** What only a viewer's transport can tell of it. */
export interface Watched {
  /** Frames that newer ones have replaced. */
  replaced(): number;
  readonly pace?: { readonly kind: string; readonly lag: number | undefined };
}

/** Who watches a camera, how, and what became of its frames. */
export interface SessionOptions {
  readonly camera: string;
  readonly transport: Transport;
  readonly connection: Connection;
  /** @default a random one */
  readonly id?: string | undefined;
}

/** One viewer of one camera. Its transport begins it with its first wish for a frame, counts, and ends it once. */
export class Session {
  readonly id: string;
  readonly camera: string;
  readonly transport: Transport;
  readonly connection: Connection;
  readonly #sessions: Sessions;
  readonly #meter = new RateMeter();
  #since = Date.now();
  #sent = 0;
  #skipped = 0;
  #expired = 0;
  #watched: Watched = { replaced: () => 0 };

  constructor(sessions: Sessions, { camera, transport, connection, id = crypto.randomUUID() }: SessionOptions) {
    this.id = id;
    this.#sessions = sessions;
    this.camera = camera;
    this.transport = transport;
    this.connection = connection;
  }

  /** From now on the session is shown, with what `watched` tells. */
  begin(watched: Watched): void {
    this.#since = Date.now();
    this.#watched = watched;
    this.#sessions.add(this);
  }

  /** It is over, and shown no longer; a second call does nothing. */
  end(): void {
    this.#sessions.delete(this);
  }

  /** Frames handed to the viewer's connection. */
  get sent(): number {
    return this.#sent;
  }

  /** One more frame was handed to the viewer's connection. */
  countSent(): void {
    this.#sent++;
    this.#meter.count();
  }

  /** One more frame was left out because the viewer asked for fewer. */
  countSkipped(): void {
    this.#skipped++;
  }

  /** One more frame was too old when the viewer could take it. */
  countExpired(): void {
    this.#expired++;
  }

  /** The session in plain data. */
  report(): SessionReport {
    return {
      id: this.id,
      camera: this.camera,
      transport: this.transport,
      remote: this.connection.remote,
      since: this.#since,
      fps: Math.round(this.#meter.rate() * 10) / 10,
      sent: this.#sent,
      dropped: { replaced: this.#watched.replaced(), rate: this.#skipped, age: this.#expired },
      pace: this.#watched.pace?.kind ?? "drain",
      lag: this.#watched.pace?.lag === undefined ? null : Math.round(this.#watched.pace.lag),
    };
  }
}

/** The sessions that have begun and not ended. */
export class Sessions {
  readonly #open = new Set<Session>();
  readonly #onEnd: (report: SessionReport) => void;

  /** `onEnd` hears of each session's end. */
  constructor(onEnd: (report: SessionReport) => void = () => {}) {
    this.#onEnd = onEnd;
  }

  /** Makes a session, not yet begun. */
  create(options: SessionOptions): Session {
    return new Session(this, options);
  }

  /** Those of one camera, oldest first. */
  of(camera: string): SessionReport[] {
    return [...this.#open].filter((session) => session.camera === camera).map((session) => session.report());
  }

  /** How many there are, of one camera or from one address if so asked. */
  count({ camera, remote }: { readonly camera?: string; readonly remote?: string } = {}): number {
    if (camera === undefined && remote === undefined) return this.#open.size;
    let found = 0;
    for (const session of this.#open) {
      if (camera !== undefined && session.camera !== camera) continue;
      if (remote === undefined || session.connection.remote === remote) found++;
    }
    return found;
  }

  /** @internal Called by {@link Session.begin}. */
  add(session: Session): void {
    this.#open.add(session);
  }

  /** @internal Called by {@link Session.end}. */
  delete(session: Session): void {
    if (this.#open.delete(session)) this.#onEnd(session.report());
  }
}

/** Whether an address is this machine's own. */
export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(address);
}

/** A session as a predictor that works for its viewer sees it. */
export type ViewerSession = Pick<SessionReport, "id" | "camera" | "transport" | "remote">;

// One for all copies of this module that a process may have loaded: a predictor's own import of teecam may be another.
const key = Symbol.for("teecam.session");
interface Shared {
  readonly current: AsyncLocalStorage<ViewerSession | undefined>;
  only?: ViewerSession | undefined;
}
const everywhere = globalThis as { [key]?: Shared };
everywhere[key] ??= { current: new AsyncLocalStorage() };
const shared = everywhere[key];

/**
 * The session of the viewer for whom the calling code works, through awaits, timers and streams.
 *
 * A predictor that one viewer has chosen sees that viewer's; one that all viewers share works for none and sees undefined.
 */
export function getSession(): ViewerSession | undefined {
  return shared.current.getStore() ?? shared.only;
}

/** Calls `work` on behalf of a viewer, or of none, and gives what it gives. */
export function runWithSession<T>(session: ViewerSession | undefined, work: () => T): T {
  return shared.current.run(session, work);
}

/**
 * From now on all code of this process works for one viewer, or for none: some callbacks have lost whose they are (those of
 * node:child_process and node:net on Deno).
 */
export function setProcessSession(session: ViewerSession | undefined): void {
  shared.only = session;
}
