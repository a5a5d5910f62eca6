import { connect } from "node:net";
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it, onTestFinished } from "vitest";
import { host } from "../fixtures/host.ts";
import { pause } from "../fixtures/machine.ts";
import { head, upgrade } from "../fixtures/raw.ts";

const count = 500;
const ballast = `X-Ballast: ${"x".repeat(14_000)}`; // what is kept of a request weighs at least that
const tolerance = 3_000_000; // bytes; 500 requests that are kept weigh 7 MB

setFlagsFromString("--expose-gc"); // does nothing on Deno
const collect: (() => void) | undefined = runInNewContext("globalThis.gc");

/** Returns the heap in use once garbage has been collected. */
async function heap(): Promise<number> {
  if (collect) {
    await pause(100); // for sockets that are just being closed
    collect();
    return process.memoryUsage().heapUsed;
  }
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 15; round++) {
    Array.from({ length: 100 }, () => Array.from({ length: 10_000 }, (_, n) => ({ n })));
    await pause(10);
    least = Math.min(least, process.memoryUsage().heapUsed);
  }
  return least;
}

/** Sends a request over connections of their own, some at a time; with `tear`, resets each as soon as it is sent. */
async function send(port: number, words: string, { tear = false } = {}): Promise<void> {
  let left = count;
  const work = async () => {
    while (left-- > 0) {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.write(words, () => void (tear && socket.resetAndDestroy()));
      socket.resume();
      await closed;
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

it.each([
  ["lack a key", upgrade.filter((field) => !field.startsWith("Sec-WebSocket-Key")), {}],
  ["are refused by the app", upgrade, { path: "/cameras/none/ws" }],
  ["are given up at once", upgrade, { tear: true }],
])("Handshakes that %s leave no more memory in use than as many other requests", async (_, fields, options) => {
  const { path = "/ws", tear }: { path?: string; tear?: boolean } = options;
  const { port, close } = await host();
  onTestFinished(close);
  const other = head("GET /livez", "Connection: close", ballast);
  await send(port, other);
  const before = await heap();
  await send(port, other);
  const control = (await heap()) - before;
  await send(port, head(`GET ${path}`, ...fields, ballast), { tear });
  const growth = (await heap()) - before;
  expect(growth).toBeLessThan(Math.max(0, control) + tolerance);
});
