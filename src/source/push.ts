import type { Connection, Listen } from "./tcp.ts";

/** What somebody pushes. */
export interface Push {
  /** Who: what one pushes in many requests is one stream, and another waits until it has ended. */
  readonly clientId: string;
  /** Bytes of JPEGs or multipart. It is read to its end, or cancelled. */
  readonly body: ReadableStream<Uint8Array>;
  /** Whether more of the same stream may follow in another request, as with single pictures. */
  readonly keepOpen: boolean;
}

/** Somebody else is pushing. */
export class BusyError extends Error {
  override name = "BusyError";
}

/** One pusher's stream, until its run ends. */
interface ClientStream {
  readonly pusher: string;
  readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  /** Requests under way, and when the last one ended in milliseconds of `performance.now()`. */
  busy: number;
  heard: number;
  over: boolean;
}

const takeoverTimeout = 5000; // milliseconds of silence after which another pusher may take over

/**
 * Where a camera's pictures are pushed to: what comes in is handed on as connections, one pusher at a time, as a listening
 * socket hands on its writers.
 *
 * Bound: one chunk, since a push settles when the camera has taken its bytes.
 */
export class PushSource {
  readonly #connections: ReadableStream<Connection>;
  #controller: ReadableStreamDefaultController<Connection> | undefined;
  #line: ClientStream | undefined;

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

  /** Stands in for a listening socket: its connections are the pushers. */
  readonly listen: Listen = async () => this.#connections;

  /**
   * Takes what somebody pushes; settles when the camera has it. Rejects with a {@link BusyError} while another pushes, and
   * with an `Error` when the camera lets go of it, because nothing came for too long or because it is closed.
   */
  async push({ clientId, body, keepOpen }: Push): Promise<void> {
    const reader = body.getReader();
    try {
      const line = await this.#lineOf(clientId, keepOpen);
      line.busy++;
      const stop = (reason: unknown) => void reader.cancel(reason).catch(() => {});
      line.writer.closed.catch(stop);
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          await line.writer.write(value);
        }
        if (line.over) throw new Error("Cannot take more: the camera has let go, since no picture came for a while");
        if (!keepOpen) await line.writer.close();
      } finally {
        line.busy--;
        line.heard = performance.now();
        if (!keepOpen) this.#end(line);
      }
    } catch (error) {
      await reader.cancel(error).catch(() => {});
      throw error;
    }
  }

  /** The stream of a pusher who is pushing already, or a new one. */
  async #lineOf(pusher: string, goesOn: boolean): Promise<ClientStream> {
    const line = this.#line;
    if (line && !line.over) {
      if (line.pusher === pusher && goesOn && line.busy === 0) return line;
      const isSilent = line.busy === 0 && (line.pusher === pusher || performance.now() - line.heard > takeoverTimeout);
      if (!isSilent) throw new BusyError("Cannot take frames: somebody else is pushing");
      this.#end(line);
    }
    if (!this.#controller) throw new Error("Cannot take frames: the camera is closed");
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const opened: ClientStream = {
      pusher,
      writer: writable.getWriter(),
      busy: 0,
      heard: performance.now(),
      over: false,
    };
    const over = () => {
      opened.over = true;
    };
    opened.writer.closed.then(over, over);
    this.#line = opened;
    this.#controller.enqueue({ readable, remote: pusher });
    return opened;
  }

  #end(line: ClientStream): void {
    line.over = true;
    line.writer.close().catch(() => {}); // it may be closed already, or its run over
    if (this.#line === line) this.#line = undefined;
  }
}
