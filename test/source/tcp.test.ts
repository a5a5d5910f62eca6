import { connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { adapter } from "#adapter";
import { dial, listen } from "../../src/source/tcp.ts";
import { freePort } from "../fixtures/ports.ts";
import { until } from "../fixtures/until.ts";

const life = { controller: new AbortController() };
const sockets: Socket[] = [];
afterEach(() => {
  life.controller.abort();
  life.controller = new AbortController();
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Dials until somebody listens. */
function write(port: number, text: string): Promise<Socket> {
  return until(
    () =>
      new Promise<Socket | false>((resolve) => {
        const socket = connect(port, "127.0.0.1");
        sockets.push(socket);
        socket.once("error", () => resolve(false));
        socket.once("connect", () => {
          socket.write(text);
          resolve(socket);
        });
      }),
    `somebody listens on ${port}`,
  );
}

const decode = (chunk: Uint8Array | undefined) => new TextDecoder().decode(chunk);
const never = new AbortController().signal;

describe("listen", () => {
  it("waits for a writer, gives what it sends, closes when it leaves, and takes the next one", async () => {
    const port = await freePort();
    const run = listen({ hostname: "127.0.0.1", port }, { listen: adapter.listen, signal: life.controller.signal });
    for (const text of ["first", "second", "third"]) {
      const stream = run(never);
      const socket = await write(port, text);
      const reader = (await stream).getReader();
      expect(decode((await reader.read()).value)).toBe(text);
      socket.end();
      expect((await reader.read()).done).toBe(true);
    }
  });

  it("keeps a writer that comes between two runs for the next one", async () => {
    const port = await freePort();
    const run = listen({ hostname: "127.0.0.1", port }, { listen: adapter.listen, signal: life.controller.signal });
    const first = run(never);
    const socket = await write(port, "a");
    const reader = (await first).getReader();
    await reader.read();
    socket.end();
    expect((await reader.read()).done).toBe(true);
    await write(port, "b");
    const next = (await run(never)).getReader();
    expect(decode((await next.read()).value)).toBe("b");
  });

  it("turns a second writer away while one writes, and says who", async () => {
    const port = await freePort();
    const refused: string[] = [];
    const run = listen(
      { hostname: "127.0.0.1", port },
      { listen: adapter.listen, signal: life.controller.signal, onRefuse: (remote) => void refused.push(remote) },
    );
    const stream = run(never);
    const writer = await write(port, "mine");
    const reader = (await stream).getReader();
    await reader.read();
    const second = await write(port, "yours");
    const closed = new Promise((resolve) => second.once("close", resolve));
    second.resume();
    await closed;
    expect(refused).toEqual([expect.stringContaining("127.0.0.1:")]);
    writer.write("still");
    expect(decode((await reader.read()).value)).toBe("still");
  });

  it("gives up waiting when the run is aborted, and goes on with the next run", async () => {
    const port = await freePort();
    const run = listen({ hostname: "127.0.0.1", port }, { listen: adapter.listen, signal: life.controller.signal });
    const abort = new AbortController();
    const first = run(abort.signal);
    setTimeout(() => abort.abort(new Error("enough")), 20);
    await expect(first).rejects.toThrow("enough");
    const second = run(never);
    await write(port, "later");
    expect(decode((await (await second).getReader().read()).value)).toBe("later");
  });

  it("closes the writer's connection when its stream is cancelled, and the socket with the signal", async () => {
    const port = await freePort();
    const run = listen({ hostname: "127.0.0.1", port }, { listen: adapter.listen, signal: life.controller.signal });
    const stream = run(never);
    const socket = await write(port, "x");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.resume();
    await (await stream).cancel();
    await closed;
    life.controller.abort();
    await until(
      () =>
        new Promise<boolean>((resolve) => {
          const probe = connect(port, "127.0.0.1");
          probe.once("connect", () => {
            probe.destroy();
            resolve(false);
          });
          probe.once("error", () => resolve(true));
        }),
      "the port is free again",
    );
  });

  it("closes a socket that opens too late", async () => {
    let opened = (_: ReadableStream<never>) => {};
    const late = () =>
      new Promise<ReadableStream<never>>((resolve) => {
        opened = resolve;
      });
    const run = listen({ hostname: "127.0.0.1", port: 1 }, { listen: late, signal: life.controller.signal });
    const stream = run(never);
    life.controller.abort(new Error("over"));
    let closed = false;
    opened(
      new ReadableStream<never>({
        cancel: () => {
          closed = true;
        },
      }),
    );
    await expect(stream).rejects.toThrow("over");
    expect(closed).toBe(true);
  });

  it("says so when the port is taken, and takes it when it is free", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => blocker.once("listening", resolve));
    const address = blocker.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const run = listen({ hostname: "127.0.0.1", port }, { listen: adapter.listen, signal: life.controller.signal });
    await expect(run(never)).rejects.toThrow(/address.*in use/i);
    await new Promise((resolve) => blocker.close(resolve));
    const stream = run(never);
    await write(port, "now");
    expect(decode((await (await stream).getReader().read()).value)).toBe("now");
  });
});

describe("dial", () => {
  it("gives what the peer sends and closes with it", async () => {
    const server = createServer((socket) => socket.end("picture")).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const stream = await dial({ hostname: "127.0.0.1", port }, adapter)(never);
    expect(await new Response(stream).text()).toBe("picture");
    server.close();
  });

  it("rejects when nobody answers", async () => {
    const port = await freePort();
    await expect(dial({ hostname: "127.0.0.1", port }, adapter)(never)).rejects.toThrow(/refused/i);
  });
});
