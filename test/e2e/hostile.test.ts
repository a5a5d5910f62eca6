import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { serve } from "../fixtures/serve.ts";
import { until } from "../fixtures/until.ts";

/** Opens a connection, says a little, and tells what comes of it. */
function begin(port: number, words: string) {
  const socket = connect(port, "127.0.0.1");
  const state = { received: "", over: false, socket };
  socket.on("data", (chunk: Buffer) => {
    state.received = (state.received + chunk.toString("latin1")).slice(0, 2000);
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    state.over = true;
  });
  socket.write(words);
  onTestFinished(() => void socket.destroy());
  return state;
}

const upgrade = [
  "Host: localhost",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
];

describe("The program", () => {
  it("waits 10 s for the headers of a request, and not for ever", async () => {
    const { port } = await serve(["testcard:64x48@5"]);
    const silent = begin(port, "");
    const slow = begin(port, "GET / HTTP/1.1\r\nHost: x\r\n");
    const drip = setInterval(() => slow.socket.write("A: b\r\n"), 500);
    onTestFinished(() => clearInterval(drip));
    const watcher = begin(port, "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const begun = performance.now();
    await until(() => silent.over && slow.over, "both are gone");
    expect(performance.now() - begun).toBeGreaterThan(8000);
    expect(slow.received).toMatch(/^HTTP\/1\.1 408 /);
    expect(watcher.over).toBe(false); // it has sent its headers, and its answer never ends
  });

  it("refuses headers that are too long", async () => {
    const { port } = await serve(["testcard:64x48@5"]);
    const long = begin(port, `GET / HTTP/1.1\r\nHost: localhost\r\nA: ${"a".repeat(70_000)}\r\n\r\n`);
    await until(() => long.received !== "" || long.over, "an answer");
    expect(long.received).toMatch(/^(HTTP\/1\.1 4|$)/);
  });

  it("lives on when a request to upgrade cannot be read, or its connection is reset at the worst moment", async () => {
    const { port, child } = await serve(["testcard:64x48@5"]);
    const head = upgrade.join("\r\n");
    const odd = begin(port, `GET // HTTP/1.1\r\n${head}\r\n\r\n`);
    await until(() => odd.over || odd.received !== "", "an answer");
    for (let n = 0; n < 60; n++) {
      const path = n % 2 ? "/ws" : "/cameras/none/ws"; // one that becomes a WebSocket, one that is refused
      const torn = connect(port, "127.0.0.1");
      torn.on("error", () => {});
      await new Promise((resolve) => torn.once("connect", resolve));
      torn.write(`GET ${path} HTTP/1.1\r\n${head}\r\n\r\n`, () => void torn.resetAndDestroy());
    }
    const late = begin(port, "GET /state HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    await until(() => late.over, "an answer");
    expect([late.received.slice(0, 15), child.exitCode]).toEqual(["HTTP/1.1 200 OK", null]);
  });
});
