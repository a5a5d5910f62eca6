import type { Listen, SourceConnection } from "./tcp.ts";

/** Bytes that a client pushes in one request. */
export interface Push {
  /** Concatenated JPEGs or multipart. Read to its end, or cancelled. */
  readonly body: ReadableStream<Uint8Array>;
  /** Keeps the stream open for further requests, as for single pictures. */
  readonly keepOpen: boolean;
}

/** Thrown by {@link PushSource.push} while another client is pushing. */
export class BusyError extends Error {
  override name = "BusyError";
}

/** The stream of one client, until its run ends. */
interface ClientStream {
  readonly clientId: string;
  readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  /** Number of current requests. */
  requests: number;
  /** When the last request ended, in milliseconds of `performance.now()`. */
  lastActivity: number;
  ended: boolean;
}

/** Reads a request, at least its beginning; called once it is certain that no other client is pushing. */
export type ReadPush = () => Promise<Push>;

const takeoverTimeout = 5000; // milliseconds of silence after which another client may take over

const breakOffTimeout = 500; // milliseconds for a request to end that its client has broken off

/**
 * Accepts the frames that clients push to a camera. Presents each client as a connection, one at a time, like a listening
 * socket.
 *
 * Bound: one chunk of one request, because a push settles when the camera has read its bytes.
 */
export class PushSource {
  readonly #connections: ReadableStream<SourceConnection>;
  #controller: ReadableStreamDefaultController<SourceConnection> | undefined;
  #stream: ClientStream | undefined;
  #isReading = false;
  #lastClient: string | undefined;

  constructor() {
    this.#connections = new ReadableStream<SourceConnection>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => {
        this.#controller = undefined;
      },
    });
  }

  /** Replaces a listening socket: its connections are the clients. */
  readonly listen: Listen = async () => this.#connections;

  /** True if no client is pushing. */
  get isIdle(): boolean {
    return !this.#isReading && !this.isStreaming;
  }

  /** True while the bytes of a request go to the camera, so that frames are expected. */
  get isStreaming(): boolean {
    return (this.#stream?.requests ?? 0) > 0;
  }

  /**
   * Accepts one request of a client; settles when the camera has read it. All requests of one client form one stream.
   *
   * Rejects with a {@link BusyError}, before reading anything, during another request and for 5 s after one of another
   * client; with an `Error` if the run ends because no picture arrived in time, or if the camera is closed; and with the
   * error of `read`.
   */
  async push(clientId: string, read: ReadPush): Promise<void> {
    if (this.#lastClient === clientId && !this.isIdle) await this.#untilIdle();
    if (!this.#mayPush(clientId)) throw new BusyError("Cannot accept frames: another client is pushing");
    this.#lastClient = clientId;
    this.#isReading = true;
    let push: Push;
    try {
      push = await read();
    } finally {
      this.#isReading = false;
    }
    await this.#write(clientId, push);
  }

  /** Waits a moment for the end of a request: its client may have broken it off already. */
  async #untilIdle(): Promise<void> {
    const end = performance.now() + breakOffTimeout;
    while (!this.isIdle && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async #write(clientId: string, { body, keepOpen }: Push): Promise<void> {
    const reader = body.getReader();
    try {
      const stream = this.#streamOf(clientId, keepOpen);
      stream.requests++;
      const stop = (reason: unknown) => void reader.cancel(reason).catch(() => {});
      stream.writer.closed.catch(stop);
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          await stream.writer.write(value);
        }
        if (stream.ended)
          throw new Error("Cannot accept more frames: no picture arrived in time, so the run has ended");
        if (!keepOpen) await stream.writer.close();
      } finally {
        stream.requests--;
        stream.lastActivity = performance.now();
        if (!keepOpen) this.#end(stream);
      }
    } catch (error) {
      await reader.cancel(error).catch(() => {});
      throw error;
    }
  }

  #mayPush(clientId: string): boolean {
    if (!this.isIdle) return false;
    const current = this.#stream;
    if (!current || current.ended || current.clientId === clientId) return true;
    return performance.now() - current.lastActivity > takeoverTimeout;
  }

  /** Returns the open stream of a client, or opens one. */
  #streamOf(clientId: string, keepOpen: boolean): ClientStream {
    const current = this.#stream;
    if (current && !current.ended) {
      if (current.clientId === clientId && keepOpen) return current;
      this.#end(current);
    }
    if (!this.#controller) throw new Error("Cannot accept frames: the camera is closed");
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const opened: ClientStream = { clientId, writer, requests: 0, lastActivity: performance.now(), ended: false };
    const onEnd = () => {
      opened.ended = true;
    };
    writer.closed.then(onEnd, onEnd);
    this.#stream = opened;
    this.#controller.enqueue({ readable, remote: clientId });
    return opened;
  }

  #end(stream: ClientStream): void {
    stream.ended = true;
    stream.writer.close().catch(() => {}); // it may be closed already, or its run may have ended
    if (this.#stream === stream) this.#stream = undefined;
  }
}
