import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { platform } from "node:os";
import { Hono } from "hono";
import { describe, expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import type { Connection } from "../../src/session/connection.ts";
import { until } from "../fixtures/until.ts";

/** A viewer's connection to a server on `host`, dialled at `address`, whose body is the bytes that `write` is given. */
async function watch(host: string, address: string) {
  let known: Connection | undefined;
  let body: ReadableStreamDefaultController<Uint8Array> | undefined;
  let cancelled = false;
  const app = new Hono().get("/", (context) => {
    known = adapter.connection(context);
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        body = controller;
      },
      cancel() {
        cancelled = true;
      },
    });
    return context.body(stream, 200, { "Content-Type": "application/octet-stream" });
  });
  const server = await adapter.serve(() => app, { hostname: host, port: 0 });
  const far: Socket = connect(server.port, address);
  far.on("error", () => {});
  far.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await once(far, "readable");
  far.read();
  const near = await until(() => known, "the request comes");
  onTestFinished(async () => {
    far.destroy();
    await server.close(100);
  });
  return { near, far, write: (bytes: Uint8Array) => body?.enqueue(bytes), cancelled: () => cancelled };
}

const size = 16_000_000;
const piece = new Uint8Array(250_000);

describe.skipIf(platform() !== "linux")("A connection's kernel", () => {
  it.each([
    ["IPv4", "127.0.0.1", "127.0.0.1"],
    ["IPv6", "::1", "::1"],
    ["IPv4 on an IPv6 socket", "::", "127.0.0.1"],
  ])("tells over %s what the other end has not taken, and that it has", async (_, host, address) => {
    const { near, far, write } = await watch(host, address);
    await until(() => near.queue?.()?.unacknowledged === 0, "the headers have come");
    const before = near.queue?.()?.total;
    far.pause();
    for (let bytes = 0; bytes < size; bytes += piece.length) write(piece);
    const held = await until(() => {
      const { unacknowledged = 0 } = near.queue?.() ?? {};
      return unacknowledged > 100_000 && unacknowledged;
    }, "the queue fills");
    expect(held).toBeLessThan(size);
    far.resume();
    let come = 0;
    far.on("data", (chunk) => {
      come += chunk.length;
    });
    await until(() => come >= size && near.queue?.()?.unacknowledged === 0, "the queue empties");
    const total = near.queue?.()?.total;
    if (before !== undefined) expect((total ?? 0) - before).toBe(come); // it counts what the runtime adds, too
  });

  it("lets go of a connection at once, with what it holds", async () => {
    const { near, far, write, cancelled } = await watch("127.0.0.1", "127.0.0.1");
    far.pause();
    for (let bytes = 0; bytes < size; bytes += piece.length) write(piece);
    await until(() => (near.queue?.()?.unacknowledged ?? 0) > 100_000, "the queue fills");
    near.reset?.();
    await until(() => near.queue?.() === undefined, "the connection is gone");
    await until(cancelled, "its body is let go of");
    far.resume();
    await until(() => far.destroyed, "the other end learns of it");
    expect(far.bytesRead).toBeLessThan(size);
  });
});
