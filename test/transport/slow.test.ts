import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Host, host } from "../fixtures/host.ts";
import { allow } from "../fixtures/machine.ts";

const rate = 200; // bytes a millisecond, of the 3000 that the camera gives
const seconds = 7;

let served: Host;
let play: { stop(): void };
beforeAll(async () => {
  served = await host();
  play = served.feeds[0].play(30, { size: 100_000 });
});
afterAll(async () => {
  play.stop();
  await served.close();
});

/** Reads a connection at 200 kB/s, and tells what came, piece by piece as it is taken. */
async function readSlowly(request: string, take: (bytes: Buffer, socket: Socket) => void): Promise<number> {
  const socket = connect({ port: served.port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => {}).on("readable", () => {});
  socket.write(request);
  const start = performance.now();
  let taken = 0;
  while (performance.now() - start < seconds * 1000) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const due = Math.floor((performance.now() - start) * rate) - taken;
    const bytes = due > 0 ? (socket.read(Math.min(due, socket.readableLength)) as Buffer | null) : null;
    taken = bytes ? taken + bytes.length : Math.max(taken, Math.floor((performance.now() - start) * rate) - 20_000);
    if (bytes) take(bytes, socket);
  }
  socket.destroy();
  return taken;
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.POSITIVE_INFINITY;
const now = () => performance.timeOrigin + performance.now();

describe("a viewer that reads a fifteenth of what the camera gives", () => {
  it.concurrent("sees a stream that is not two seconds old", async () => {
    const ages: number[] = [];
    let text = "";
    await readSlowly("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n", (bytes) => {
      text = text.slice(-200) + bytes.toString("latin1");
      for (const [, time] of text.matchAll(/X-Timestamp: (\d+\.\d{6})\r/g)) ages.push(now() - Number(time) * 1000);
      text = text.replaceAll("X-Timestamp", "seen");
    });
    expect(ages.length).toBeGreaterThan(8);
    expect(median(ages.slice(-6))).toBeLessThan(allow(2000));
  });

  it.concurrent("sees pictures that are not half a second old when it acknowledges them", async () => {
    const ages: number[] = [];
    let rest = Buffer.alloc(0);
    let seen = false;
    const upgrade =
      "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: teecam.v1\r\n\r\n";
    await readSlowly(upgrade, (bytes, socket) => {
      if (rest.length === 0 && bytes.includes("101 Switching")) {
        socket.write(masked(JSON.stringify({ type: "subscribe", cameras: ["camera"], ack: true })));
        bytes = bytes.subarray(bytes.indexOf("\r\n\r\n") + 4);
      }
      rest = Buffer.concat([rest, bytes]);
      for (;;) {
        const frame = unframe(rest);
        if (!frame) return;
        if (frame.binary && frame.head && !seen) {
          seen = true;
          ages.push(now() - frame.head.timestamp / 1000);
        }
        if (rest.length < frame.end) return;
        if (frame.head)
          socket.write(masked(JSON.stringify({ type: "ack", camera: "camera", sequence: frame.head.sequence })));
        rest = rest.subarray(frame.end);
        seen = false;
      }
    });
    expect(ages.length).toBeGreaterThan(8);
    expect(median(ages.slice(-6))).toBeLessThan(allow(500));
  });
});

/** A client's text frame (RFC 6455, section 5.2), masked with zeros. */
function masked(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

/** The first frame of what came, as far as it came. */
function unframe(bytes: Buffer) {
  if (bytes.length < 4) return undefined;
  const short = (bytes[1] ?? 0) & 127;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < start + 2) return undefined;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const binary = ((bytes[0] ?? 0) & 15) === 2;
  const head = binary ? bytes.subarray(start + 2, start + 2 + bytes.readUInt16BE(start)).toString() : "";
  const whole = binary && head.endsWith("}");
  return {
    binary,
    end: start + length,
    head: whole ? (JSON.parse(head) as { timestamp: number; sequence: number }) : undefined,
  };
}
