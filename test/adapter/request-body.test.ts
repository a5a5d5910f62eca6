import { once } from "node:events";
import { connect } from "node:net";
import { Hono } from "hono";
import { expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { pause } from "../fixtures/machine.ts";
import { head } from "../fixtures/raw.ts";
import { until } from "../fixtures/until.ts";

/** Serves an app that reads each body and responds with its length and the number of chunks it came in. */
async function served(read?: (bytes: number) => Promise<void>): Promise<number> {
  const app = new Hono().post("/", async (context) => {
    let [bytes, chunks] = [0, 0];
    for await (const chunk of context.req.raw.body ?? []) {
      bytes += chunk.length;
      chunks++;
      await read?.(bytes);
    }
    return context.json({ bytes, chunks });
  });
  const server = await adapter.serve(() => app, { hostname: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close(100));
  return server.port;
}

const chunked = head("POST /", "Transfer-Encoding: chunked", "Connection: close");

it("A body of many one-byte chunks is read in few chunks, whole and in order", async () => {
  const port = await served();
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const count = 40_000;
  socket.write(`${chunked}${"1\r\nx\r\n".repeat(count)}0\r\n\r\n`);
  const [response] = await once(socket, "data");
  const { bytes, chunks } = JSON.parse(/\{.*\}/.exec(String(response))?.[0] ?? "");
  expect(bytes).toBe(count);
  expect(chunks).toBeLessThan(count / 50);
});

it("A body whose reader is slow is not read ahead", async () => {
  let seen = 0;
  const port = await served(async (bytes) => {
    seen = bytes;
    if (bytes > 1000) await new Promise(() => {});
  });
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.write(chunked);
  const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
  const most = 400; // 26 MB, more than the kernel keeps
  let written = 0;
  const write = () => {
    while (written < most && socket.write(chunk)) written++;
  };
  socket.on("drain", write);
  write();
  await until(() => seen > 1000, "the reader stops");
  for (let before = -1; written !== before; await pause(300)) before = written; // until the sender has to wait
  expect(written).toBeLessThan(most);
});
