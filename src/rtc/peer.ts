import type { VideoChunk } from "../media/video-chunk.ts";
import type { PeerStats, ToHost } from "./messages.ts";

/**
 * Why a peer has ended: it `left`, or was `lost` (nothing is heard of it, or its process is gone); it `never` connected;
 * the camera has `ended`; or a `limit`, such as the end of its grant.
 */
export type PeerEnd = "left" | "lost" | "never" | "ended" | "limit";

/** Options for {@link RtcPeer}. */
export interface RtcPeerOptions {
  readonly id: string;
  /** The answer to its offer, in SDP. */
  readonly answer: string;
  /** Sends a message to the process of the peer; settles when it takes more. */
  readonly send: (message: ToHost, data?: Uint8Array) => Promise<void>;
  /** Called when the peer needs a key. */
  readonly onKeyNeeded: () => void;
  /** Called once, when the peer has ended. */
  readonly onEnd: (reason: PeerEnd) => void;
  /** Milliseconds in which it must connect. @default 15000 */
  readonly connectTimeout?: number | undefined;
}

const ticks = 90; // of RTP in a millisecond

/**
 * A WebRTC peer that receives coded pictures.
 *
 * It ends once, with a reason; after that nothing has an effect, and `video` is errored, so that `pipeTo` cancels its source.
 */
export class RtcPeer {
  readonly id: string;
  /** The answer to its offer, in SDP. */
  readonly answer: string;
  /** Takes its pictures in order, from a key on; it closes with the camera. Holds one. */
  readonly video: WritableStream<VideoChunk>;
  /** Settles when it has connected, or ended without that. */
  readonly connected: Promise<void>;
  /** Settles with the reason when it has ended. */
  readonly closed: Promise<PeerEnd>;
  readonly #options: RtcPeerOptions;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #clock = new PeerClock();
  #controller: WritableStreamDefaultController | undefined;
  #settleConnected: () => void = () => {};
  #settleClosed: (reason: PeerEnd) => void = () => {};
  #stats: PeerStats = { rtt: null, loss: null, nacks: 0, plis: 0 };
  #isClosed = false;

  constructor(options: RtcPeerOptions) {
    this.#options = options;
    const { id, answer, send, connectTimeout = 15_000 } = options;
    this.id = id;
    this.answer = answer;
    this.connected = new Promise((resolve) => {
      this.#settleConnected = resolve;
    });
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.video = new WritableStream<VideoChunk>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        write: async (chunk) => {
          if (this.#isClosed) return;
          await send({ type: "picture", peer: id, time: ticks * this.#clock.timeOf(chunk) }, chunk.data);
        },
        close: () => this.close("ended"),
        abort: () => this.close("ended"),
      },
      { highWaterMark: 1 },
    );
    this.#timer = setTimeout(() => this.close("never"), connectTimeout);
  }

  /** What it reports of the way to it. */
  get stats(): PeerStats {
    return this.#stats;
  }

  /** Adds an address of the peer, which it has found after its offer. */
  addCandidate(candidate: string, mid: string): void {
    if (!this.#isClosed) void this.#options.send({ type: "candidate", peer: this.id, candidate, mid });
  }

  /** Ends it. */
  close(reason: PeerEnd): void {
    if (this.#isClosed) return;
    void this.#options.send({ type: "close", peer: this.id, reason });
    this.end(reason);
  }

  /** Notes that it has connected. */
  open(): void {
    clearTimeout(this.#timer);
    this.#settleConnected();
  }

  /** Notes that it needs a key. */
  requestKey(): void {
    if (!this.#isClosed) this.#options.onKeyNeeded();
  }

  /** Takes what it reports. */
  report({ rtt, loss, nacks, plis }: PeerStats): void {
    this.#stats = { rtt, loss, nacks, plis };
  }

  /** Notes that it has ended by itself. */
  end(reason: PeerEnd): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#controller?.error(new Error(`The peer has ended: ${reason}`));
    this.#settleConnected();
    this.#settleClosed(reason);
    this.#options.onEnd(reason);
  }
}

/** Joins the times of the runs of an encoder, each of which begins anew, into one that never goes back. */
class PeerClock {
  #last: VideoChunk | undefined;
  #offset = 0; // milliseconds

  timeOf(chunk: VideoChunk): number {
    const last = this.#last;
    this.#last = chunk;
    if (last && chunk.time <= last.time) {
      const passed = Math.max(1, Math.round(chunk.arrival - last.arrival));
      this.#offset += last.time + passed - chunk.time;
    }
    return this.#offset + chunk.time;
  }
}
