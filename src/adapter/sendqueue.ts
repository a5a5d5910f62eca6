import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** The other end of a connection, and our port. */
export interface Ends {
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** Tells how many bytes a connection's kernel holds that the other end has not acknowledged, as known within the last `maxAge` milliseconds. */
export type SendQueue = (maxAge: number) => Promise<number | undefined>;

interface Look {
  readonly begun: number;
  readonly queues: Promise<ReadonlyMap<string, number> | undefined>;
}

/**
 * The send queues of this machine's TCP connections, as Linux tells them in /proc/net/tcp and tcp6 (proc(5): tx_queue).
 *
 * Reading a table costs milliseconds, however few connections there are, so one look serves all who ask meanwhile: at
 * most one is under way for each table, and those who want a newer one share the next.
 */
class Table {
  readonly #path: string;
  #latest: Look | undefined;
  #next: Promise<ReadonlyMap<string, number> | undefined> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** A look begun no longer than `maxAge` milliseconds ago; undefined where there is none to be had. */
  async look(maxAge: number): Promise<ReadonlyMap<string, number> | undefined> {
    const { begun, queues } = this.#latest ?? { begun: Number.NEGATIVE_INFINITY, queues: undefined };
    if (queues && performance.now() - begun <= maxAge) return queues;
    this.#next ??= (queues ?? Promise.resolve()).then(() => {
      this.#next = undefined;
      this.#latest = { begun: performance.now(), queues: this.#read() };
      return this.#latest.queues;
    });
    return this.#next;
  }

  async #read(): Promise<ReadonlyMap<string, number> | undefined> {
    try {
      return parse(await readFile(this.#path, "latin1"));
    } catch {
      return undefined; // another system, or no permission
    }
  }
}

const tables = { ipv4: new Table("/proc/net/tcp"), ipv6: new Table("/proc/net/tcp6") };

/** The send queue of one connection, or undefined where the system does not tell. */
export function sendQueue({ localPort, remoteAddress, remotePort }: Ends): SendQueue | undefined {
  tellsQueues ??= canRead("/proc/net/tcp");
  const address = tellsQueues ? addressBytes(remoteAddress) : undefined;
  if (!address) return undefined;
  const table = address.length === 4 ? tables.ipv4 : tables.ipv6;
  const key = `${hex(localPort, 4)} ${kernelOrder(address)}:${hex(remotePort, 4)}`;
  return async (maxAge) => (await table.look(maxAge))?.get(key);
}

let tellsQueues: boolean | undefined;

/** Deno wants all permissions for it; other systems have no such file. */
function canRead(path: string): boolean {
  try {
    return readFileSync(path, "latin1").includes("tx_queue");
  } catch {
    return false;
  }
}

/** Lines such as ` 0: 0100007F:1F90 0100007F:A1B2 01 00000010:00000000 …`: local, remote, state, tx_queue:rx_queue. */
function parse(text: string): ReadonlyMap<string, number> {
  const queues = new Map<string, number>();
  for (const line of text.split("\n")) {
    const match = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+:[0-9A-F]{4}) [0-9A-F]{2} ([0-9A-F]{8}):/.exec(line);
    if (match?.[1] && match[2] && match[3]) queues.set(`${match[1]} ${match[2]}`, Number.parseInt(match[3], 16));
  }
  return queues;
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}

/** The table prints addresses as 32-bit words in the machine's own order. */
function kernelOrder(address: Uint8Array): string {
  const words = new DataView(address.buffer);
  const isLittle = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
  return Array.from({ length: address.length / 4 }, (_, n) => hex(words.getUint32(4 * n, isLittle), 8)).join("");
}

function addressBytes(address: string): Uint8Array | undefined {
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const tail = dotted ? dotted.slice(1).map(Number) : [];
  if (dotted?.index === 0) return new Uint8Array(tail);
  const words = (dotted ? address.slice(0, dotted.index) : address).replace(/%.*$/, "");
  const [left = "", right] = words.replace(/^::/, "0::").split("::");
  const numbers = (text: string) =>
    text
      .split(":")
      .filter(Boolean)
      .map((word) => Number.parseInt(word, 16));
  const [head, rest] = [numbers(left), numbers(right ?? "")];
  const missing = 8 - tail.length / 2 - head.length - rest.length;
  if (missing < 0 || (right === undefined && missing > 0)) return undefined;
  const all = [...head, ...new Array<number>(missing).fill(0), ...rest];
  return new Uint8Array([...all.flatMap((word) => [word >> 8, word & 255]), ...tail]);
}
