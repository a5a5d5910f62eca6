import { Hono } from "hono";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { adapter } from "#adapter";
import type { Serve } from "../../src/adapter/serve.ts";
import { serve } from "../../src/index.ts";
import { pause } from "../fixtures/machine.ts";
import { until } from "../fixtures/until.ts";

it("The adapter is that of this runtime", () => {
  expect(adapter.runtime).toMatch("Deno" in globalThis ? /^Deno \d/ : /^Node\.js \d/);
});

interface Handshake {
  /** What the server is told to speak. */
  readonly protocols?: readonly string[] | undefined;
  /** What the client offers. */
  readonly offered: string[];
}

/** Opens a WebSocket, and returns the subprotocol that both ends agreed on. */
async function agree(serve: Serve, { protocols, offered }: Handshake): Promise<string> {
  const server = await serve(
    (upgradeWebSocket) =>
      new Hono().get(
        "/",
        upgradeWebSocket(() => ({ onOpen: (_, socket) => socket.send(socket.protocol ?? "") })),
      ),
    { hostname: "127.0.0.1", port: 0, protocols },
  );
  onTestFinished(() => server.close(100));
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/`, offered);
  const told = await new Promise((resolve, reject) => {
    socket.once("message", (data) => resolve(String(data)));
    socket.once("error", reject);
  });
  expect(told).toBe(socket.protocol);
  socket.close();
  return socket.protocol;
}

describe("A server's WebSocket", () => {
  it.each([
    ["the preferred one of those offered", ["first.v1", "second.v1"], ["other", "second.v1", "first.v1"], "first.v1"],
    ["the next when the preferred is not offered", ["first.v1", "second.v1"], ["second.v1"], "second.v1"],
  ])("takes %s", async (_, protocols, offered, chosen) => {
    expect(await agree(adapter.serve, { protocols, offered })).toBe(chosen);
  });

  it.each([
    ["it speaks none that is offered", ["first.v1"], ["other"]],
    ["it was told of none", undefined, ["first.v1"]],
  ])("takes no subprotocol when %s", async (_, protocols, offered) => {
    await expect(agree(adapter.serve, { protocols, offered })).rejects.toThrow(/no subprotocol/);
  });

  it("takes no subprotocol when none is offered", async () => {
    expect(await agree(adapter.serve, { protocols: ["first.v1"], offered: [] })).toBe("");
  });

  it("takes teecam.v1 when the library serves, unless it is told otherwise", async () => {
    expect(await agree(serve, { offered: ["other", "teecam.v1"] })).toBe("teecam.v1");
    expect(await agree(serve, { protocols: ["other"], offered: ["teecam.v1", "other"] })).toBe("other");
  });
});

it.runIf("Deno" in globalThis)("A server leaves Deno's own Response as it is, which Deno.serve asks for", async () => {
  const before = Response;
  const server = await adapter.serve(() => new Hono().get("/", (context) => context.text("served")), {
    hostname: "127.0.0.1",
    port: 0,
  });
  onTestFinished(() => server.close(100));
  expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe("served");
  expect(Response).toBe(before);
});

it("A handshake that its client gives up while the app decides opens no WebSocket, and the server goes on", async () => {
  let [asked, opened] = [0, 0];
  const server = await adapter.serve(
    (upgradeWebSocket) =>
      new Hono()
        .use(async (_, next) => {
          asked++;
          await pause(200);
          await next();
        })
        .get(
          "/",
          upgradeWebSocket(() => ({ onOpen: () => opened++ })),
        ),
    { hostname: "127.0.0.1", port: 0 },
  );
  onTestFinished(() => server.close(100));
  const torn = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  torn.on("error", () => {});
  await until(() => asked === 1, "the app is asked");
  torn.terminate();
  const late = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  await until(() => opened > 0 && late.readyState === WebSocket.OPEN, "the next one opens");
  late.close();
  expect([asked, opened]).toEqual([2, 1]);
});
