import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Camera } from "../../src/index.ts";
import { until } from "../fixtures/until.ts";
import { check, type Fault, withViewer } from "./fault.ts";
import { type Harness, writing } from "./harness.ts";

const letGo = 11_500; // milliseconds: ten seconds without progress, when its kernel's room is used up

/** What viewers can do. */
export const viewers: readonly Fault[] = [
  {
    name: "a viewer that stops reading",
    parallel: 20,
    inject: (harness, number) =>
      withViewer(harness, greatCamera(harness, number), async ({ camera, viewer }) => {
        await viewer.more(1);
        const socket = await ask(harness, camera);
        await until(() => listed(harness, camera, 2), "it is listed");
        await until(() => listed(harness, camera, 1), "it is let go", letGo + 3000); // its kernel takes megabytes first
        await viewer.more(2, 2000);
        if (!("Deno" in globalThis))
          await until(() => socket.destroyed || isReset(socket), "its socket is reset", 1000);
        socket.destroy();
      }),
  },
  {
    name: "a viewer that vanishes",
    parallel: 10,
    inject: (harness, number) =>
      withViewer(harness, harness.add([harness.script(`seen-${number}`, writing)]), async ({ camera, viewer }) => {
        await viewer.more(1);
        const socket = await ask(harness, camera);
        socket.resume();
        await until(() => listed(harness, camera, 2), "it is listed");
        socket.resetAndDestroy();
        await until(() => listed(harness, camera, 1), "it is let go", 1000);
        await viewer.more(2, 2000);
        check(camera.state.state === "live", "the camera is live");
      }),
  },
];

/** A camera whose pictures fill a kernel's buffers soon. */
function greatCamera(harness: Harness, number: number): Camera {
  return harness.add([harness.script(`great-${number}`, writing.replace("$picture", harness.great))]);
}

async function listed(harness: Harness, camera: Camera, count: number): Promise<boolean> {
  return (await harness.ask(camera)).viewers === count;
}

/** Asks for a camera's stream, and reads nothing. */
async function ask(harness: Harness, { id }: Camera): Promise<Socket> {
  const { hostname, port } = new URL(harness.url);
  const socket = connect(Number(port), hostname);
  socket.pause();
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(`GET /cameras/${id}/stream HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  return socket;
}

/** A reset is heard by who reads on. */
function isReset(socket: Socket): boolean {
  socket.resume();
  return socket.destroyed;
}
