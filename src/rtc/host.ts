import { Failure } from "../failure.ts";
import { type Logger, silent } from "../log.ts";
import { programUrl } from "../program-url.ts";
import { redactor } from "../redact.ts";
import {
  endProcess,
  exitFailure,
  type Process,
  type ProgramOptions,
  type Spawn,
  startFailure,
} from "../source/process.ts";
import type { Argv } from "../source/source.ts";
import { StderrTail } from "../source/stderr-tail.ts";
import { stoodStill } from "../supervise/standstill.ts";
import type { FromHost, ToHost } from "./messages.ts";
import type { Offer } from "./offer.ts";
import type { RtcOptions } from "./options.ts";
import { type PeerEnd, RtcPeer, type RtcPeerOptions } from "./peer.ts";
import { encodeMessage, MessageParserStream } from "./wire.ts";

/** Options for {@link RtcHost}. */
export interface RtcHostOptions extends RtcOptions {
  /** The parts of the runtime that it needs. */
  readonly runtime: {
    readonly spawn: Spawn;
    /** Returns the command line that runs a module of this package as a program. */
    readonly program: (module: URL, options?: ProgramOptions) => Argv;
  };
  /** Milliseconds for which its process continues without a peer. @default 10000 */
  readonly idleTimeout?: number | undefined;
  /** Milliseconds in which a peer must connect. @default 15000 */
  readonly connectTimeout?: number | undefined;
  /** @default none */
  readonly log?: Logger | undefined;
}

/** WebRTC is not available on this machine; the message says how to make it. */
export class RtcUnavailableError extends Error {
  override name = "RtcUnavailableError";
}

const answerTimeout = 10_000; // milliseconds
const closeTimeout = 1000; // milliseconds in which the process must end by itself
const silenceTimeout = 10_000; // milliseconds without a message after which the process is stuck; it sends one a second

/**
 * Speaks WebRTC, in a process of its own that runs while there are peers. If the process crashes, its peers end as `lost`,
 * and the next one starts another process.
 */
export class RtcHost {
  readonly #options: RtcHostOptions;
  readonly #log: Logger;
  readonly #ended: Record<PeerEnd, number> = { left: 0, lost: 0, never: 0, ended: 0, limit: 0 };
  #process: HostProcess | undefined;
  #retired: Promise<void> | undefined;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #restarts = 0;
  #isClosed = false;

  constructor(options: RtcHostOptions) {
    this.#options = options;
    this.#log = options.log ?? silent;
  }

  /** Number of peers. */
  get size(): number {
    return this.#process?.size ?? 0;
  }

  /** Number of peers that have ended, by reason. */
  get ended(): Readonly<Record<PeerEnd, number>> {
    return this.#ended;
  }

  /** Number of times that the process has ended although it had peers. */
  get restarts(): number {
    return this.#restarts;
  }

  /** URLs of the configured STUN and TURN servers, with their credentials. */
  get iceServers(): NonNullable<RtcOptions["iceServers"]> {
    return this.#options.iceServers ?? [];
  }

  /**
   * Answers an offer. The caller pipes pictures into the peer once it is `connected`.
   *
   * Rejects with an {@link RtcUnavailableError} if this machine cannot speak WebRTC, and with another error if the offer
   * cannot be answered or the process has failed.
   */
  async connect(offer: Offer, { onKeyNeeded }: Pick<RtcPeerOptions, "onKeyNeeded">): Promise<RtcPeer> {
    if (this.#isClosed) throw new Failure("the server is shutting down");
    clearTimeout(this.#idleTimer);
    this.#process ??= this.#start();
    const process = this.#process;
    try {
      const { connectTimeout } = this.#options;
      return await process.connect(offer, { onKeyNeeded, connectTimeout, onEnd: (reason) => this.#onEnd(reason) });
    } finally {
      this.#scheduleIdle();
    }
  }

  /** Ends all peers and the process. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idleTimer);
    await Promise.all([this.#process?.close(), this.#retired]);
  }

  #start(): HostProcess {
    const started = new HostProcess(this.#options, this.#log);
    void started.gone.then((why) => {
      if (this.#process === started) this.#process = undefined;
      if (why === undefined || this.#isClosed) return;
      this.#restarts++;
      this.#log.warn("WebRTC: {why}", { why: why.message });
    });
    return started;
  }

  #onEnd(reason: PeerEnd): void {
    this.#ended[reason]++;
    this.#scheduleIdle();
  }

  #scheduleIdle(): void {
    clearTimeout(this.#idleTimer);
    if (this.size > 0) return;
    const { idleTimeout = 10_000 } = this.#options;
    this.#idleTimer = setTimeout(() => {
      this.#retired = this.#process?.close();
      this.#process = undefined; // a peer that comes now starts another one
    }, idleTimeout);
    (this.#idleTimer as { unref?: () => void }).unref?.();
  }
}

/** What a peer's answer is awaited with. */
interface Awaited {
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
}

type ConnectOptions = Pick<RtcPeerOptions, "onKeyNeeded" | "onEnd" | "connectTimeout">;

/** One run of the process. */
class HostProcess {
  /** Settles when it has ended: with the failure, if it was not closed. */
  readonly gone: Promise<Failure | undefined>;
  readonly #awaited = new Map<string, Awaited>();
  readonly #peers = new Map<string, RtcPeer>();
  readonly #process: Promise<Process>;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #missing: string | undefined;
  #stuck: Failure | undefined;
  #isClosed = false;

  constructor({ runtime, port, hosts, iceServers = [] }: RtcHostOptions, log: Logger) {
    const redact = redactor(iceServers.flatMap(({ credential }) => credential ?? []));
    const argv = runtime.program(programUrl("rtc/host/main"));
    this.#process = runtime.spawn(argv, { stdin: true });
    this.gone = this.#run(argv, (line) => log.info("WebRTC: {line}", { line: redact(line) }));
    void this.send({ type: "configure", port, hosts, iceServers });
  }

  /** Number of peers, with those that wait for their answer. */
  get size(): number {
    return this.#peers.size + this.#awaited.size;
  }

  async connect({ sdp, mid, payloadType, parameters }: Offer, options: ConnectOptions): Promise<RtcPeer> {
    const id = crypto.randomUUID();
    const { promise, ...settle } = withResolvers<string>();
    this.#awaited.set(id, settle);
    const timer = setTimeout(() => settle.reject(new Failure("no answer from WebRTC")), answerTimeout);
    try {
      void this.send({ type: "offer", peer: id, sdp, mid, payloadType, parameters });
      const answer = await promise;
      const onEnd = (reason: PeerEnd) => {
        this.#peers.delete(id);
        options.onEnd(reason);
      };
      const peer = new RtcPeer({ ...options, id, answer, send: (message, data) => this.send(message, data), onEnd });
      this.#peers.set(id, peer);
      return peer;
    } catch (error) {
      void this.send({ type: "close", peer: id, reason: "never" });
      throw error;
    } finally {
      clearTimeout(timer);
      this.#awaited.delete(id);
    }
  }

  /** Sends a message; settles when the process takes more, or has ended. Never rejects. */
  async send(message: ToHost, data?: Uint8Array): Promise<void> {
    const process = await this.#process.catch(() => undefined);
    if (!process?.stdin) return;
    this.#writer ??= process.stdin.getWriter();
    await this.#writer.write(encodeMessage(message, data)).catch(() => {}); // its exit tells why
  }

  /** Ends all peers and the process. */
  async close(): Promise<void> {
    if (this.#isClosed) return void (await this.gone);
    this.#isClosed = true;
    for (const peer of [...this.#peers.values()]) peer.close("ended");
    const process = await this.#process.catch(() => undefined);
    if (!process) return void (await this.gone);
    const timer = setTimeout(() => void endProcess(process), closeTimeout);
    void this.#writer?.close().catch(() => {}); // it ends by itself, when its peers have been told
    await this.gone;
    clearTimeout(timer);
  }

  async #run(argv: Argv, onLine: (line: string) => void): Promise<Failure | undefined> {
    let why: Failure;
    try {
      const process = await this.#process;
      const tail = new StderrTail({ onLine });
      const stderrEnd = process.stderr.pipeTo(tail).catch(() => {});
      this.#watch(process);
      const messages = process.stdout.pipeThrough(new MessageParserStream<FromHost>());
      await messages
        .pipeTo(new WritableStream({ write: ({ head }) => this.#receive(head, process) }))
        .catch((error) => onLine(String(error)));
      void endProcess(process);
      const status = await process.exited;
      void this.#writer?.abort().catch(() => {}); // otherwise the descriptor stays open until garbage collection
      await stderrEnd;
      why = this.#stuck ?? exitFailure(argv[0], status, tail.lines);
    } catch (error) {
      why = startFailure(error);
    }
    clearTimeout(this.#silence);
    const missing = this.#missing === undefined ? undefined : new RtcUnavailableError(howToInstall(this.#missing));
    for (const { reject } of this.#awaited.values()) reject(missing ?? why);
    for (const peer of [...this.#peers.values()]) peer.end("lost");
    return this.#isClosed || missing ? undefined : why;
  }

  #receive(message: FromHost, process: Process): void {
    this.#watch(process);
    if (message.type === "missing") this.#missing = message.error;
    if (!("peer" in message)) return;
    const peer = this.#peers.get(message.peer);
    switch (message.type) {
      case "answer":
        this.#awaited.get(message.peer)?.resolve(message.sdp);
        break;
      case "refused":
        this.#awaited.get(message.peer)?.reject(new Failure(`Cannot answer offer: ${message.error}`));
        break;
      case "open":
        peer?.open();
        break;
      case "key":
        peer?.requestKey();
        break;
      case "stats":
        peer?.report(message);
        break;
      case "closed":
        peer?.end(message.reason);
    }
  }

  /** Ends the process if it says nothing for a while from now on. */
  #watch(process: Process): void {
    clearTimeout(this.#silence);
    if (this.#isClosed) return;
    const due = performance.now() + silenceTimeout;
    this.#silence = setTimeout(() => {
      if (stoodStill(due)) return this.#watch(process); // this process was suspended
      this.#stuck = new Failure(`no sign of life for ${silenceTimeout / 1000} s`);
      void endProcess(process);
    }, silenceTimeout);
    (this.#silence as { unref?: () => void }).unref?.();
  }
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let [resolve, reject]: [(value: T) => void, (error: Error) => void] = [() => {}, () => {}];
  const promise = new Promise<T>((settle, fail) => {
    resolve = settle;
    reject = fail;
  });
  return { promise, resolve, reject };
}

function howToInstall(error: string): string {
  return `WebRTC is not available: install it with npm install node-datachannel (${error.split("\n")[0]})`;
}
