import { readdirSync } from "node:fs";
import { request } from "node:http";
import { adapter } from "#adapter";
import { createApp } from "../../src/app.ts";
import { Camera } from "../../src/camera/camera.ts";
import { subprotocol } from "../../src/transport/teecam-v1/subprotocol.ts";
import { allow } from "../fixtures/machine.ts";
import { until } from "../fixtures/until.ts";

/** A server, and a healthy viewer beside those who attack it. */
export interface Attacked {
  readonly port: number;
  /** Returns what an attack has broken, once it is over; undefined if all is as before. */
  fault(): Promise<string | undefined>;
  close(): Promise<void>;
}

const patience = 3000; // milliseconds on an idle machine
const spareDescriptors = 8;
const stallAfter = 1000; // milliseconds

/** Serves a camera and a camera to push to, and begins to watch. */
export async function attack(): Promise<Attacked> {
  const front = new Camera({ id: "front", source: "testcard:64x64@20" }, adapter);
  const push = new Camera({ id: "push", source: "push" }, adapter);
  const cameras = new Map([front, push].map((camera) => [camera.id, camera]));
  const { connection } = adapter;
  const server = await adapter.serve(
    (upgradeWebSocket) => createApp({ cameras, upgradeWebSocket, connection, stallAfter }),
    { hostname: "127.0.0.1", port: 0, protocols: [subprotocol] },
  );
  const { port } = server;
  let seen = 0;
  let hasEnded = false;
  const viewer = request({ port, host: "127.0.0.1", path: "/cameras/front/stream", agent: false }, (response) => {
    response.on("data", (chunk: Uint8Array) => {
      seen += chunk.length;
    });
    response.on("close", () => {
      hasEnded = true;
    });
  });
  viewer.on("error", () => {
    hasEnded = true;
  });
  viewer.end();
  await until(() => seen > 0, "the healthy viewer sees something");
  const calm = descriptors();

  const livez = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/livez`, { headers: { connection: "close" } });
    await answer.body?.cancel();
    return answer.ok;
  };
  const holds = (look: () => boolean | Promise<boolean>) =>
    until(look, "it holds", allow(patience)).then(
      () => true,
      () => false,
    );

  return {
    port,
    async fault() {
      const before = seen;
      if (!(await holds(() => livez().catch(() => false)))) return "answers nobody any more";
      if (hasEnded) return "loses a healthy viewer";
      if (!(await holds(() => seen > before))) return "starves a healthy viewer";
      if (!(await holds(() => descriptors() <= calm + spareDescriptors))) return "keeps descriptors";
      return undefined;
    },
    async close() {
      viewer.destroy();
      await server.close(100);
      await Promise.all([front.close(), push.close()]);
    },
  };
}

/** Descriptors that this process has open; none where the system does not tell. */
function descriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}
