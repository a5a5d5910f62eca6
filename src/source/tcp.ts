/** An accepted or dialled connection, for reading only. */
export interface SourceConnection {
  /** Bytes received. The owner reads them to their end, or cancels them, which closes the connection. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Address and port of the other end. */
  readonly remote: string;
}

/** An address to listen on or to dial. */
export interface Address {
  readonly hostname: string;
  readonly port: number;
}

/** Opens a listening socket, as a stream of connections that is cancelled to close it. Rejects if the port is in use. */
export type Listen = (address: Address) => Promise<ReadableStream<SourceConnection>>;

/** Opens a connection. Rejects if that fails, or with the reason of `signal`. */
export type Dial = (address: Address, signal: AbortSignal) => Promise<SourceConnection>;

/** A dialled connection for reading and writing. */
export interface Duplex extends SourceConnection {
  /** Sends bytes. Cancelling `readable` ends it too. */
  readonly writable: WritableStream<Uint8Array>;
}

/** Certificates to trust, by default those of public authorities; see {@link HttpOptions} for an example. */
export interface TrustOptions {
  /** Accepts any certificate, and old versions and ciphers of TLS if the runtime has them. @default false */
  readonly insecure?: boolean | undefined;
  /** Additional certificates to trust, in PEM. The peer's own is accepted for any name. @default none */
  readonly ca?: string | undefined;
  /** SHA-256 of the only certificate to trust, in hexadecimal, with or without colons. @default none */
  readonly fingerprint?: string | undefined;
}

/** Options for {@link Connect}. */
export interface ConnectOptions {
  /** Closes the connection when aborted, at any time. */
  readonly signal: AbortSignal;
  /** Uses TLS. @default plain TCP */
  readonly tls?: TrustOptions | undefined;
}

/** Opens a connection. Rejects if that fails, for an untrusted certificate, or with the reason of `signal`. */
export type Connect = (address: Address, options: ConnectOptions) => Promise<Duplex>;

/** Options for {@link listen}. */
export interface ListenOptions {
  readonly listen: Listen;
  /** Closes the listening socket. */
  readonly signal: AbortSignal;
  /** Called with the address of a writer refused because another one is writing. */
  readonly onRefuse?: ((remote: string) => void) | undefined;
}

/**
 * Returns a function that waits for a writer on a listening socket, and returns the bytes that it sends.
 *
 * The socket is opened by the first call and stays open between runs, so that a writer that reconnects is never refused.
 * It accepts one writer at a time: a second one is closed at once, and one that connects between two runs waits for the
 * next run.
 */
export function listen(address: Address, { listen, signal, onRefuse }: ListenOptions) {
  let connections: ReadableStreamDefaultReader<SourceConnection> | undefined;
  let arrival: Promise<SourceConnection>;
  let writing = false;

  const open = async () => {
    const opened = (await listen(address)).getReader();
    if (signal.aborted) {
      await opened.cancel(signal.reason);
      throw signal.reason;
    }
    connections = opened;
    signal.addEventListener("abort", () => void opened.cancel(signal.reason), { once: true });
    arrival = arrive();
  };
  const arrive = () => {
    const next = (async () => {
      const { done, value } = (await connections?.read()) ?? { done: true };
      if (done) throw new Error(`Cannot accept a writer on ${address.hostname}:${address.port}: the socket is closed`);
      return value;
    })();
    next.catch(() => {}); // the run that awaits it gets the error
    return next;
  };
  const refuseOthers = async () => {
    for (;;) {
      const expected = arrival;
      const other = await expected;
      if (!writing || arrival !== expected) return; // it belongs to the next run
      arrival = arrive();
      onRefuse?.(other.remote);
      await other.readable.cancel().catch(() => {});
    }
  };

  return async (run: AbortSignal): Promise<ReadableStream<Uint8Array>> => {
    if (!connections) await open();
    const writer = await unlessAborted(arrival, run);
    arrival = arrive();
    writing = true;
    void refuseOthers().catch(() => {}); // the socket is closed, and the next run gets the error
    return whileOpen(writer.readable, () => {
      writing = false;
    });
  };
}

/** Returns a function that connects to a peer, and returns the bytes that it sends. */
export function dial(address: Address, { dial }: { readonly dial: Dial }) {
  return async (signal: AbortSignal): Promise<ReadableStream<Uint8Array>> => (await dial(address, signal)).readable;
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function whileOpen(readable: ReadableStream<Uint8Array>, onClosed: () => void): ReadableStream<Uint8Array> {
  const reader = readable.getReader();
  reader.closed.then(onClosed, onClosed);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
