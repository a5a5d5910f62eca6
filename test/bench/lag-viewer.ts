// A program of its own: one viewer, over HTTP or a WebSocket, that reads as it is told to and notes how old each frame
// is when its first and its last byte come. Prints a line when the first frame has come, and all frames at the end.
import { connect } from "node:net";
import process from "node:process";
import { clock, StampScanner } from "./stamp.ts";

/** By what: `acks` is `teecam.v1` with acknowledgements, each sent when a frame's last byte has come. */
export type Transport = "MJPEG" | "WebSocket" | "acks";

/** How a viewer looks. */
export interface Viewing {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly transport: Transport;
  /** How long, from the first frame on. */
  readonly seconds: number;
  /** Bytes a second that it reads at most. @default as many as come */
  readonly rate?: number | undefined;
  /** Stops reading so many seconds after the first frame, for so long. @default never */
  readonly stop?: { readonly at: number; readonly for: number } | undefined;
}

/** A frame as a viewer saw it: all in seconds. */
export interface Seen {
  /** When its first byte came, since the first frame of all. */
  readonly at: number;
  /** Age at its first byte. */
  readonly first: number;
  /** Age at its last byte; missing if that never came. */
  last?: number;
  readonly bytes: number;
}

const piece = 8192; // bytes in one read of a slow reader: what is read ahead would be no slowness

function view({ host, port, path, transport, seconds, rate, stop }: Viewing): void {
  const frames: Seen[] = [];
  const talk = transport === "acks" ? new Talk((text) => socket.write(text)) : undefined;
  let start: number | undefined;
  let latest: { time: number; frame: Seen } | undefined;
  const scanner = new StampScanner({
    begin(time, bytes) {
      const now = clock();
      if (start === undefined) begin();
      start ??= now;
      latest = { time, frame: { at: (now - start) / 1000, first: (now - time) / 1000, bytes } };
      frames.push(latest.frame);
    },
    end() {
      if (latest) latest.frame.last = (clock() - latest.time) / 1000;
      talk?.acknowledge();
    },
  });

  let stopped = false;
  let due = performance.now();
  const socket = connect({
    host,
    port,
    onread: {
      buffer: Buffer.allocUnsafe(rate ? piece : 256 * 1024),
      callback(bytes, buffer) {
        const chunk = Buffer.from(buffer.subarray(0, bytes));
        talk?.hear(chunk);
        scanner.push(chunk);
        if (stopped) return false;
        if (!rate) return true;
        due = Math.max(due, performance.now() - 100) + (bytes / rate) * 1000;
        const wait = due - performance.now();
        if (wait <= 0) return true;
        setTimeout(() => socket.resume(), wait);
        return false;
      },
    },
  });
  socket.on("error", finish);
  socket.on("close", finish);
  const headers = [...(transport === "MJPEG" ? [] : upgrade), ...(talk ? ["Sec-WebSocket-Protocol: teecam.v1"] : [])];
  socket.write([`GET ${path} HTTP/1.1`, `Host: ${host}:${port}`, ...headers, "", ""].join("\r\n"));

  function begin(): void {
    console.log("begin");
    setTimeout(finish, seconds * 1000);
    if (!stop) return;
    setTimeout(() => {
      stopped = true;
      socket.pause();
    }, stop.at * 1000);
    setTimeout(
      () => {
        stopped = false;
        socket.resume();
      },
      (stop.at + stop.for) * 1000,
    );
  }

  function finish(): void {
    talk?.end();
    process.stdout.write(`${JSON.stringify(frames)}\n`, () => process.exit());
  }
}

const upgrade = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==",
];

/** What a viewer of `teecam.v1` says: it subscribes, acknowledges, and measures the round trip. */
class Talk {
  readonly #write: (message: Buffer) => void;
  #text = "";
  readonly #coming: { camera: string; sequence: number }[] = [];
  #trip: number | undefined;
  #pings: NodeJS.Timeout | undefined;

  constructor(write: (message: Buffer) => void) {
    this.#write = write;
  }

  hear(chunk: Buffer): void {
    this.#text += chunk.toString("latin1");
    const hello = /"type":"hello".*?"cameras":(\[[^\]]*\])/.exec(this.#text);
    if (hello?.[1] && !this.#pings) {
      const ping = () => this.#say({ type: "ping", id: performance.now() });
      ping(); // before any frame is in its way
      this.#pings = setInterval(ping, 500);
      this.#say({ type: "subscribe", cameras: JSON.parse(hello[1]), ack: true });
    }
    const pong = /"type":"pong","id":([\d.]+)/.exec(this.#text);
    if (pong) this.#trip = Math.min(this.#trip ?? Number.POSITIVE_INFINITY, performance.now() - Number(pong[1]));
    let heard = 0;
    for (const frame of this.#text.matchAll(/\{"camera":"([^"]+)","sequence":(\d+),/g)) {
      this.#coming.push({ camera: frame[1] ?? "", sequence: Number(frame[2]) });
      heard = frame.index + frame[0].length;
    }
    this.#text = this.#text.slice(Math.max(heard, this.#text.length - 200));
  }

  /** The first of the frames that are coming has come. */
  acknowledge(): void {
    this.#say({ type: "ack", ...this.#coming.shift(), trip: this.#trip });
  }

  end(): void {
    clearInterval(this.#pings);
  }

  #say(message: object): void {
    const text = Buffer.from(JSON.stringify(message));
    this.#write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text])); // masked with zeros
  }
}

const [viewing] = process.argv.slice(2);
if (viewing) view(JSON.parse(viewing));
