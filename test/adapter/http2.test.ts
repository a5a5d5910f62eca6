import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type ClientHttp2Session, connect, createSecureServer } from "node:http2";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { expect, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { createApp } from "../../src/app.ts";
import { Camera } from "../../src/camera/camera.ts";
import { needs } from "../fixtures/programs.ts";
import { until } from "../fixtures/until.ts";

const stallAfter = 1000;

/** Makes a key and a certificate of its own for localhost. */
function certificate(): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), "teecam-http2-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  const files = ["-keyout", key, "-out", cert];
  execFileSync("openssl", ["req", "-x509", ...curve, "-nodes", ...files, "-days", "2", "-subj", "/CN=localhost"], {
    stdio: "pipe",
  });
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
}

/** Opens a stream on a session of HTTP/2, and counts its bytes if it reads them. */
function watch(session: ClientHttp2Session, { reads }: { readonly reads: boolean }) {
  const viewer = { bytes: 0, isOver: false };
  const stream = session.request({ ":path": "/stream" });
  if (reads) {
    stream.on("data", (chunk: Buffer) => {
      viewer.bytes += chunk.length;
    });
  }
  stream.on("error", () => {});
  stream.on("close", () => {
    viewer.isOver = true;
  });
  return viewer;
}

needs("openssl").it.skipIf("Deno" in globalThis)(
  "On a host's server of HTTP/2 a stream that nobody reads is let go, and the one beside it on the same connection goes on",
  async () => {
    const front = new Camera({ id: "front", source: "testcard:640x480@15" }, adapter);
    const { connection } = adapter;
    const app = createApp({ cameras: new Map([[front.id, front]]), connection, stallAfter });
    const server = createSecureServer({ ...certificate(), allowHTTP1: true }, getRequestListener(app.fetch));
    adapter.serveInto(server, app, { stallAfter });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    session.on("error", () => {});
    onTestFinished(async () => {
      session.destroy();
      server.close();
      await front.close();
    });
    const viewers = () =>
      new Promise<number>((resolve, reject) => {
        const asked = request(
          { port, host: "127.0.0.1", path: "/cameras/front", rejectUnauthorized: false },
          async (response) => {
            let text = "";
            for await (const chunk of response) text += chunk;
            resolve(JSON.parse(text).viewers);
          },
        );
        asked.on("error", reject).end();
      });
    const [read, unread] = [watch(session, { reads: true }), watch(session, { reads: false })];
    await until(async () => (await viewers()) === 2, "both are viewers");
    await until(async () => (await viewers()) === 1, "one is let go");
    const { bytes } = read;
    await until(() => read.bytes > bytes, "the other one goes on");
    expect([read.isOver, unread.isOver]).toEqual([false, true]);
  },
);
