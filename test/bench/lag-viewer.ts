// A program of its own: one viewer, over HTTP or a WebSocket, that reads as it is told to and notes how old each frame
// is when its first and its last byte come. Prints a line when the first frame has come, and all frames at the end.
import { connect } from "node:net";
import process from "node:process";
import { clock, StampScanner } from "./stamp.ts";

/** How a viewer looks. */
export interface Viewing {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly webSocket: boolean;
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

function view({ host, port, path, webSocket, seconds, rate, stop }: Viewing): void {
  const frames: Seen[] = [];
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
        scanner.push(Buffer.from(buffer.subarray(0, bytes)));
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
  const upgrade = webSocket
    ? [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==",
      ]
    : [];
  socket.write([`GET ${path} HTTP/1.1`, `Host: ${host}:${port}`, ...upgrade, "", ""].join("\r\n"));

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
    process.stdout.write(`${JSON.stringify(frames)}\n`, () => process.exit());
  }
}

const [viewing] = process.argv.slice(2);
if (viewing) view(JSON.parse(viewing));
