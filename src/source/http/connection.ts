import type { Duplex } from "../tcp.ts";
import { framingOf, readBody } from "./body.ts";
import { ByteReader } from "./byte-reader.ts";
import { decodeBody } from "./decode.ts";
import { type Head, readHead } from "./head.ts";

/** What a server sends back for a request. */
export interface Answer extends Head {
  /** Bytes of the body as declared; Infinity where it ends with the connection or its last chunk. */
  readonly length: number;
  /** Its body, unzipped. The caller reads it to its end or cancels it, which closes the connection. */
  readonly body: ReadableStream<Uint8Array>;
}

const encoder = new TextEncoder();

/** A connection to a server, for one request after the other. */
export class HttpConnection {
  readonly #duplex: Duplex;
  readonly #reader: ByteReader;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #answers = 0;

  constructor(duplex: Duplex) {
    this.#duplex = duplex;
    this.#reader = new ByteReader(duplex.readable);
    this.#writer = duplex.writable.getWriter();
    this.#writer.closed.catch(() => {}); // each write tells too
  }

  /** Address of the other end, without its port. */
  get address(): string {
    return this.#duplex.remote.slice(0, this.#duplex.remote.lastIndexOf(":"));
  }

  /** Answers whose head was read. */
  get answers(): number {
    return this.#answers;
  }

  /**
   * Sends the head of a request and returns the answer. The connection is closed if it rejects.
   *
   * `onFree` is called when the body has been read and the server waits for another request.
   */
  async request(head: string, onFree: () => void): Promise<Answer> {
    try {
      await this.#writer.write(encoder.encode(head));
      const answer = await readHead(this.#reader, { bare: this.#answers === 0 });
      this.#answers++;
      const framing = framingOf(answer);
      const body = readBody(this.#reader, {
        framing,
        onEnd: (whole) => (whole && answer.keepAlive ? onFree() : this.close()),
      });
      return {
        ...answer,
        length: framing.length,
        body: decodeBody(body, answer.fields.get("content-encoding")?.at(-1)),
      };
    } catch (error) {
      this.close(error);
      throw error;
    }
  }

  /** Closes it; a body that is being read ends. */
  close(reason?: unknown): void {
    void this.#reader.cancel(reason);
    this.#writer.abort(reason).catch(() => {});
  }
}
