import type { Connection, Listen } from "./tcp.ts";

/** Bytes that a client pushes in one request. */
export interface Push {
  /** The client that pushes. All requests of one client form one stream, and exclude other clients until it ends. */
  readonly clientId: string;
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

const takeoverTimeout = 5000; // milliseconds of silence after which another client may take over

/**
 * Accepts the frames that clients push to a camera. Presents each client as a connection, one at a time, like a listening
 * socket.
 *
 * Bound: one chunk, because a push settles when the camera has read its bytes.
 */
export class PushSource {
  readonly #connections: ReadableStream<Connection>;
  #controller: ReadableStreamDefaultController<Connection> | undefined;
  #stream: ClientStream | undefined;

  constructor() {
    this.#connections = new ReadableStream<Connection>({
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

  /**
   * Accepts the body of one request; settles when the camera has read it.
   *
   * Rejects with a {@link BusyError} while another client is pushing, and with an `Error` if the run ends, because no
   * picture arrived in time, or if the camera is closed.
   */
  async push({ clientId, body, keepOpen }: Push): Promise<void> {
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

  /** Returns the open stream of a client, or opens one. Throws a {@link BusyError} while another client is pushing. */
  #streamOf(clientId: string, keepOpen: boolean): ClientStream {
    const current = this.#stream;
    if (current && !current.ended) {
      const isSame = current.clientId === clientId;
      const isIdle = current.requests === 0;
      if (isSame && isIdle && keepOpen) return current;
      const mayReplace = isIdle && (isSame || performance.now() - current.lastActivity > takeoverTimeout);
      if (!mayReplace) throw new BusyError("Cannot accept frames: another client is pushing");
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
