import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { sendQueue } from "../../src/adapter/sendqueue.ts";
import { until } from "../fixtures/until.ts";

/** Two ends of a connection to a server on `host`, dialled at `address`. */
async function connection(host: string, address: string) {
  const server = createServer({ pauseOnConnect: true }).listen(0, host);
  await once(server, "listening");
  const listening = server.address();
  const port = typeof listening === "object" && listening ? listening.port : 0;
  const far = connect(port, address);
  const [near]: [Socket] = (await once(server, "connection")) as [Socket];
  far.on("error", () => {});
  return {
    near,
    far,
    queue: sendQueue({ localPort: port, remoteAddress: near.remoteAddress ?? "", remotePort: near.remotePort ?? 0 }),
    close() {
      near.destroy();
      far.destroy();
      server.close();
    },
  };
}

const tells = (() => {
  try {
    return readFileSync("/proc/net/tcp", "latin1").length > 0;
  } catch {
    return false;
  }
})();

describe.skipIf(!tells)("sendQueue", () => {
  it.each([
    ["IPv4", "127.0.0.1", "127.0.0.1"],
    ["IPv6", "::1", "::1"],
    ["IPv4 on an IPv6 socket", "::", "127.0.0.1"],
  ])("tells over %s what the other end has not taken, and that it has", async (_, host, address) => {
    const { near, far, queue, close } = await connection(host, address);
    try {
      expect(await queue?.(0)).toBe(0);
      const size = 16_000_000;
      far.pause();
      near.write(new Uint8Array(size));
      const held = await until(
        async () => ((await queue?.(0)) ?? 0) > 100_000 && (await queue?.(0)),
        "the queue fills",
      );
      expect(held).toBeLessThan(size);
      far.resume();
      await until(async () => (await queue?.(0)) === 0 && near.writableLength === 0, "the queue empties");
    } finally {
      close();
    }
  });

  it("does not know a connection that is gone, nor an address that is none", async () => {
    const { queue, close, near } = await connection("127.0.0.1", "127.0.0.1");
    close();
    await until(() => near.destroyed, "it is closed");
    await until(async () => ((await queue?.(0)) ?? 0) === 0, "nothing is left");
    expect(sendQueue({ localPort: 1, remoteAddress: "nowhere", remotePort: 1 })).toBeUndefined();
  });

  it("serves all who ask at once by one look, and takes a look that is young enough", async () => {
    const { queue, close } = await connection("127.0.0.1", "127.0.0.1");
    const start = performance.now();
    await Promise.all(Array.from({ length: 200 }, () => queue?.(0)));
    const many = performance.now() - start;
    for (let n = 0; n < 200; n++) await queue?.(60_000);
    expect(performance.now() - start - many).toBeLessThan(Math.max(many, 20));
    close();
  });
});
