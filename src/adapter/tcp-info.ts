import type { Server, Socket } from "node:net";
import type { Connection } from "../session/connection.ts";

/** What a runtime and its kernel know of descriptors and TCP connections, and do to them. */
export interface Kernel {
  /** Returns how many file descriptors this process may open; undefined where nobody tells. */
  readonly descriptorLimit: () => number | undefined;
  /** Returns what reads the send queue of a connection; undefined where that is not possible. */
  readonly queue: (socket: Socket) => Connection["queue"];
  /**
   * Has the kernel end each connection of a server whose other end has not acknowledged anything for so many milliseconds,
   * also while nothing is sent.
   */
  readonly endUnanswered: (server: Server, milliseconds: number) => void;
  /** Whether a server goes on accepting after there was no descriptor for a connection. */
  readonly acceptsAfterExhaustion: boolean;
}

/**
 * Socket calls of the C library on Linux, for what runtimes do not tell of a TCP connection.
 *
 * Numbers of requests and options are the generic ones (asm-generic/ioctls.h, socket.h). Buffers are read or filled in
 * place; each call returns 0, or -1 on failure.
 */
export interface SocketCalls {
  ioctl(descriptor: number, request: number, value: Int32Array): number;
  getsockopt(descriptor: number, level: number, option: number, value: Uint8Array, length: Uint32Array): number;
  setsockopt(descriptor: number, level: number, option: number, value: Int32Array, length: number): number;
  getpeername(descriptor: number, address: Uint8Array, length: Uint32Array): number;
  getsockname(descriptor: number, address: Uint8Array, length: Uint32Array): number;
  shutdown(descriptor: number, how: number): number;
}

/** Processors with the generic numbers, as Node and Deno spell them. */
export const architectures: readonly string[] = [
  "x64",
  "arm64",
  "arm",
  "ia32",
  "riscv64",
  "loong64",
  "x86_64",
  "aarch64",
];

/** Identifies a TCP connection of this machine by its two ends. */
export interface ConnectionKey {
  /** Undefined where the runtime does not tell it; the other end is enough unless the machine has several addresses. */
  readonly localPort?: number | undefined;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

const siocoutq = 0x5411; // tcp(7): SIOCOUTQ
const tcp = 6;
const tcpInfo = 11;
const bytesAcked = 120; // offset in struct tcp_info, since Linux 4.1
const solSocket = 1;
const soKeepAlive = 9;
const soLinger = 13;
const soAcceptConn = 30;
const tcpKeepIdle = 4;
const tcpKeepInterval = 5;
const tcpKeepCount = 6;
const tcpUserTimeout = 18;
const shutRdwr = 2;
const afInet6 = 10;

const outstanding = new Int32Array(1);
const info = new Uint8Array(256);
const name = new Uint8Array(28); // struct sockaddr_in6
const length = new Uint32Array(1);

/** Returns how many bytes the peer has not acknowledged, unsent ones included; undefined if the descriptor is no socket. */
export function unacknowledged(calls: Pick<SocketCalls, "ioctl">, descriptor: number): number | undefined {
  return calls.ioctl(descriptor, siocoutq, outstanding) === 0 ? outstanding[0] : undefined;
}

/** Returns how many bytes the peer has acknowledged since the connection began; undefined before Linux 4.1. */
export function acknowledged(calls: SocketCalls, descriptor: number): number | undefined {
  length[0] = info.length;
  if (calls.getsockopt(descriptor, tcp, tcpInfo, info, length) !== 0 || (length[0] ?? 0) < bytesAcked + 8)
    return undefined;
  return Number(new DataView(info.buffer).getBigUint64(bytesAcked, true));
}

/** Resets a connection: drops what the kernel holds and ends pending reads and writes. */
export function reset(calls: SocketCalls, descriptor: number): void {
  calls.setsockopt(descriptor, solSocket, soLinger, new Int32Array([1, 0]), 8); // close without lingering
  calls.shutdown(descriptor, shutRdwr);
}

/**
 * Sets keepalive probes and a time limit for acknowledgements (tcp(7), TCP_USER_TIMEOUT). Connections that a listening socket
 * accepts from now on inherit both.
 */
export function setUserTimeout(calls: Pick<SocketCalls, "setsockopt">, descriptor: number, milliseconds: number): void {
  const set = (level: number, option: number, value: number) =>
    calls.setsockopt(descriptor, level, option, new Int32Array([value]), 4);
  const idle = Math.max(1, Math.floor(milliseconds / 2000)); // seconds, as long again for the probes to be answered
  set(solSocket, soKeepAlive, 1);
  set(tcp, tcpKeepIdle, idle);
  set(tcp, tcpKeepInterval, Math.max(1, Math.floor(idle / 3)));
  set(tcp, tcpKeepCount, 3);
  set(tcp, tcpUserTimeout, milliseconds);
}

/** Returns true if a descriptor is a socket that listens on a port. */
export function isListening(calls: SocketCalls, descriptor: number, port: number): boolean {
  const value = new Uint8Array(4);
  length[0] = value.length;
  if (calls.getsockopt(descriptor, solSocket, soAcceptConn, value, length) !== 0 || value[0] !== 1) return false;
  length[0] = name.length;
  return calls.getsockname(descriptor, name, length) === 0 && portOf(name) === port;
}

/** Returns true if a descriptor is the connection with this key. */
export function isConnection(
  calls: SocketCalls,
  descriptor: number,
  { localPort, remoteAddress, remotePort }: ConnectionKey,
): boolean {
  length[0] = name.length;
  if (calls.getpeername(descriptor, name, length) !== 0 || portOf(name) !== remotePort) return false;
  if (normalize(addressOf(name)) !== normalize(remoteAddress)) return false;
  if (localPort === undefined) return true;
  length[0] = name.length;
  return calls.getsockname(descriptor, name, length) === 0 && portOf(name) === localPort;
}

function portOf(address: Uint8Array): number {
  return ((address[2] ?? 0) << 8) | (address[3] ?? 0);
}

function addressOf(address: Uint8Array): string {
  if (address[0] !== afInet6) return address.subarray(4, 8).join(".");
  const words = Array.from({ length: 8 }, (_, n) => ((address[8 + 2 * n] ?? 0) << 8) | (address[9 + 2 * n] ?? 0));
  return words.map((word) => word.toString(16)).join(":");
}

/** Normalizes the spelling of an address; an IPv4 address mapped into IPv6 becomes plain IPv4. */
function normalize(address: string): string {
  if (!address.includes(":")) return address;
  const [text = ""] = address.split("%");
  const { hostname } = new URL(`http://[${text}]`);
  const [, high, low] = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(hostname) ?? [];
  if (high === undefined || low === undefined) return hostname;
  return [high, low].flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 255]).join(".");
}
