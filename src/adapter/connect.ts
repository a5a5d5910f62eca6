import { isIP, type Socket, connect as tcp } from "node:net";
import {
  type ConnectionOptions,
  checkServerIdentity,
  type PeerCertificate,
  type TLSSocket,
  connect as tls,
} from "node:tls";
import type { Connect, Duplex, TrustOptions } from "../source/tcp.ts";
import { readableStream } from "./node/readable-stream.ts";

/** Connects by `node:net` and `node:tls`, which both runtimes have. */
export const connect: Connect = ({ hostname, port }, { signal, tls: trust }) => {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = trust ? tls({ host: hostname, port, ...checks(hostname, trust) }) : tcp(port, hostname);
    const abort = () => void socket.destroy(signal.reason instanceof Error ? signal.reason : undefined);
    signal.addEventListener("abort", abort, { once: true });
    socket.once("close", () => {
      signal.removeEventListener("abort", abort);
      reject(signal.reason ?? new Error("the connection was closed"));
    });
    socket.on("error", reject); // and once it is open, its streams error too
    socket.once(trust ? "secureConnect" : "connect", () => {
      const bad = trust?.fingerprint === undefined ? undefined : mismatch(socket as TLSSocket, trust.fingerprint);
      if (bad) socket.destroy(bad);
      else resolve(duplex(socket));
    });
  });
};

function checks(hostname: string, { insecure = false, ca, fingerprint }: TrustOptions): ConnectionOptions {
  const servername = isIP(hostname) ? "" : hostname;
  if (insecure) return { servername, rejectUnauthorized: false, minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" };
  if (fingerprint !== undefined) return { servername, rejectUnauthorized: false }; // it is compared instead
  if (ca === undefined) return { servername };
  const own = ca.replace(/\s/g, "");
  const isOwn = ({ raw }: PeerCertificate) => raw !== undefined && own.includes(Buffer.from(raw).toString("base64"));
  return {
    servername,
    ca,
    checkServerIdentity: (host, certificate) =>
      isOwn(certificate) ? undefined : checkServerIdentity(host, certificate),
  };
}

function mismatch(socket: TLSSocket, fingerprint: string): Error | undefined {
  const { fingerprint256 = "none" } = socket.getPeerCertificate();
  const digits = (text: string) => text.replaceAll(":", "").toLowerCase();
  if (digits(fingerprint256) === digits(fingerprint)) return undefined;
  return new Error(`the fingerprint of its certificate is ${fingerprint256}`);
}

function duplex(socket: Socket): Duplex {
  socket.setKeepAlive(true, 1000);
  socket.setNoDelay(true);
  return {
    readable: readableStream(socket),
    writable: new WritableStream<Uint8Array>({
      write: (bytes) =>
        new Promise((resolve, reject) => {
          socket.write(bytes, (error) => (error ? reject(error) : resolve()));
        }),
      abort: () => void socket.destroy(),
    }),
    remote: `${socket.remoteAddress}:${socket.remotePort}`,
  };
}
