import type { Duplex } from "../tcp.ts";
import { framingOf, readBody } from "./body.ts";
import { ByteReader } from "./byte-reader.ts";
import { decodeBody } from "./decode.ts";
import { type Head, readHead } from "./head.ts";

/** Response of a server. */
export interface Answer extends Head {
  /** Declared length of the body in bytes; Infinity if none is declared, or if the body has continued after it. */
  readonly length: number;
  /** Whether the body has continued after its declared length. */
  readonly hasOverrun: boolean;
  /** Whether the body has ended as declared, and not because the connection closed. */
  readonly isComplete: boolean;
  /** Decompressed body. The caller reads it to its end, or cancels it, which closes the connection. */
  readonly body: ReadableStream<Uint8Array>;
}

const encoder = new TextEncoder();
const overrun = { length: Number.POSITIVE_INFINITY, hasOverrun: true };

/** Connection to an HTTP server, for one request at a time. */
export class HttpConnection {
  readonly #duplex: Duplex;
  readonly #reader: ByteReader;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #answers = 0;

  constructor(duplex: Duplex) {
    this.#duplex = duplex;
    this.#reader = new ByteReader(duplex.readable);
    this.#writer = duplex.writable.getWriter();
    this.#writer.closed.catch(() => {}); // each write rejects as well
  }

  /** Address of the server, without its port. */
  get address(): string {
    return this.#duplex.remote.slice(0, this.#duplex.remote.lastIndexOf(":"));
  }

  /** Number of responses whose head has been read. */
  get answers(): number {
    return this.#answers;
  }

  /**
   * Sends the head of a request and returns the response. Closes the connection before it rejects.
   *
   * `onFree` is called when the body has been read and the connection can be used again.
   */
  async request(head: string, onFree: () => void): Promise<Answer> {
    try {
      await this.#writer.write(encoder.encode(head));
      const answer = await readHead(this.#reader, { bare: this.#answers === 0 });
      this.#answers++;
      const framing = framingOf(answer);
      const state = { length: framing.length, hasOverrun: false, isComplete: false };
      const body = readBody(this.#reader, {
        framing,
        onEnd: (whole) => {
          state.isComplete = whole;
          if (whole && answer.keepAlive) onFree();
          else this.close();
        },
        onOverrun: answer.status === 200 ? () => Object.assign(state, overrun) : undefined,
      });
      return {
        ...answer,
        get length() {
          return state.length;
        },
        get hasOverrun() {
          return state.hasOverrun;
        },
        get isComplete() {
          return state.isComplete;
        },
        body: decodeBody(body, answer.fields.get("content-encoding")?.at(-1)),
      };
    } catch (error) {
      this.close(error);
      throw error;
    }
  }

  /** Closes the connection, which ends a body that is being read. */
  close(reason?: unknown): void {
    void this.#reader.cancel(reason);
    this.#writer.abort(reason).catch(() => {});
  }
}
