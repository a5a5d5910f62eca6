import { Failure } from "../../failure.ts";
import { readFile } from "../../read-file.ts";
import { describeNetworkError } from "../network-error.ts";
import type { Address, Connect, TrustOptions } from "../tcp.ts";
import { type Answer, HttpConnection } from "./connection.ts";
import type { TlsOptions } from "./options.ts";

/** Options for {@link Connections}. */
export interface ConnectionsOptions {
  readonly connect: Connect;
  /** Certificates to trust. @default those of public authorities */
  readonly tls?: TlsOptions | undefined;
  /** Closes all connections when aborted. */
  readonly signal: AbortSignal;
}

/** Options for {@link Connections.request}. */
export interface RequestOptions {
  /** The request line, the header fields and the empty line. */
  readonly head: string;
  /** Throws for an address to which the request must not be sent. @default all are allowed */
  readonly checkAddress?: ((address: string) => void) | undefined;
}

const badCertificate = /CERT|SELF_SIGNED|ISSUER|LEAF_SIGNATURE|HOSTNAME_MISMATCH|certificate/;
const oldTls = /alert protocol version|alert handshake failure|unsupported protocol|ProtocolVersion|HandshakeFailure/i;
const allowOldTls = "; tls: { insecure: true } allows that on Node, but not on Deno";
const otherClient =
  "; this runtime has no older version: run teecam on Node, or let curl pull it: " +
  "teecam -- curl -skN --tlsv1.0 --ciphers DEFAULT@SECLEVEL=0 URL";
const advice =
  "; to trust the camera's own certificate, set tls: { fingerprint: … } or tls: { ca: FILE }; tls: { insecure: true } trusts any";

/** Pool of connections to servers: keeps one idle connection for each origin. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #free = new Map<string, HttpConnection>();
  #life = new AbortController();
  #signal: AbortSignal;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#life.signal]);
  }

  /**
   * Sends a request and returns the response. Rejects with an `Error` whose message states the cause in words.
   *
   * The server may have closed a kept connection meanwhile: a request without any response is sent again on a new one.
   */
  async request(url: URL, { head, checkAddress }: RequestOptions): Promise<Answer> {
    const address = addressOf(url);
    const send = (connection: HttpConnection) => {
      try {
        checkAddress?.(connection.address);
      } catch (error) {
        connection.close();
        throw error;
      }
      return connection.request(head, () => this.#keep(url.origin, connection));
    };
    const kept = this.#free.get(url.origin);
    this.#free.delete(url.origin);
    const answered = kept?.answers;
    try {
      if (kept) return await send(kept);
    } catch (error) {
      this.#options.signal.throwIfAborted();
      if (this.#signal.aborted || kept?.answers !== answered)
        throw new Error(describeNetworkError(error, address), { cause: error });
    }
    try {
      return await send(await this.#open(url, address));
    } catch (error) {
      this.#options.signal.throwIfAborted();
      throw new Error(describeNetworkError(error, address), { cause: error });
    }
  }

  /** Closes all connections, including those that are being opened; later requests open new ones. */
  close(reason?: unknown): void {
    this.#life.abort(reason);
    this.#free.clear();
    this.#life = new AbortController();
    this.#signal = AbortSignal.any([this.#options.signal, this.#life.signal]);
  }

  #keep(origin: string, connection: HttpConnection): void {
    const other = this.#free.get(origin);
    if (other !== connection) other?.close();
    this.#free.set(origin, connection);
  }

  async #open(url: URL, address: Address): Promise<HttpConnection> {
    const { connect, tls: trust } = this.#options;
    const tls = url.protocol === "https:" ? await readTrust(trust) : undefined;
    try {
      return new HttpConnection(await connect(address, { signal: this.#signal, tls }));
    } catch (error) {
      const code = error instanceof Error ? `${"code" in error ? error.code : ""} ${error.message}` : "";
      if (!tls || this.#signal.aborted) throw error;
      if (oldTls.test(code)) {
        const message = `it speaks another version of TLS${tls.insecure ? otherClient : allowOldTls}`;
        throw new Failure(message, { summary: "another version of TLS", cause: error });
      }
      if (!badCertificate.test(code)) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`its certificate is not trusted: ${why}${advice}`, { cause: error });
    }
  }
}

/** Returns the host and the port of a URL. */
export function addressOf({ hostname, port, protocol }: URL): Address {
  return { hostname: hostname.replace(/^\[|\]$/g, ""), port: Number(port || (protocol === "https:" ? 443 : 80)) };
}

const maxTrust = 1024 * 1024; // bytes

async function readTrust({ ca, ...trust }: TlsOptions = {}): Promise<TrustOptions> {
  if (ca === undefined) return trust;
  try {
    const bytes = await readFile(ca, maxTrust);
    if (bytes.length > maxTrust) throw new Error("is larger than 1 MiB");
    return { ...trust, ca: new TextDecoder().decode(bytes) };
  } catch (cause) {
    throw new Error(`cannot read the certificates of tls.ca: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}
