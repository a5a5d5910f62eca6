// One camera, running before anybody serves it, shown by two apps of one process, which ends when both have ended.
// Run, with teecam installed: npx tsx two-apps.ts, or deno run -A two-apps.ts; SIGUSR2 closes one app, SIGTERM the other.
import process from "node:process";
import { camera, connection, createApp, serve } from "../src/index.ts"; // "teecam" in yours

const front = camera({ id: "front", source: "testcard:320x240@15" });
for await (const { sequence } of front.tee()) if (sequence >= 5) break; // it runs, and nobody listens yet

async function open(): Promise<() => Promise<void>> {
  const release = front.retain();
  const cameras = new Map([[front.id, front]]);
  const server = await serve((upgradeWebSocket) => createApp({ cameras, upgradeWebSocket, connection }), {
    hostname: "127.0.0.1",
    port: 0,
  });
  console.log(`http://127.0.0.1:${server.port}/`);
  return async () => {
    await Promise.all([server.close(1000), release()]); // the camera closes with the last of its owners
  };
}

const [first, second] = [await open(), await open()];
process.once("SIGUSR2", () => void first().then(() => console.log("one is closed")));
process.once("SIGTERM", () => void second());
