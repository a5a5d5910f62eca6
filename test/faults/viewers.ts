import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Camera } from "../../src/index.ts";
import { until } from "../fixtures/until.ts";
import { check, type Fault, onStage } from "./fault.ts";
import { type House, writing } from "./house.ts";

const letGo = 11_500; // milliseconds: ten seconds without progress, when its kernel's room is used up

/** What viewers can do. */
export const viewers: readonly Fault[] = [
  {
    name: "a viewer that stops reading",
    abreast: 20,
    commit: (house, number) =>
      onStage(house, greatCamera(house, number), async ({ camera, viewer }) => {
        await viewer.more(1);
        const socket = await ask(house, camera);
        await until(() => listed(house, camera, 2), "it is listed");
        await until(() => listed(house, camera, 1), "it is let go", letGo + 3000); // its kernel takes megabytes first
        await viewer.more(2, 2000);
        if (!("Deno" in globalThis))
          await until(() => socket.destroyed || isReset(socket), "its socket is reset", 1000);
        socket.destroy();
      }),
  },
  {
    name: "a viewer that vanishes",
    abreast: 10,
    commit: (house, number) =>
      onStage(house, house.add([house.script(`seen-${number}`, writing)]), async ({ camera, viewer }) => {
        await viewer.more(1);
        const socket = await ask(house, camera);
        socket.resume();
        await until(() => listed(house, camera, 2), "it is listed");
        socket.resetAndDestroy();
        await until(() => listed(house, camera, 1), "it is let go", 1000);
        await viewer.more(2, 2000);
        check(camera.state.state === "live", "the camera is live");
      }),
  },
];

/** A camera whose pictures fill a kernel's buffers soon. */
function greatCamera(house: House, number: number): Camera {
  return house.add([house.script(`great-${number}`, writing.replace("$picture", house.great))]);
}

async function listed(house: House, camera: Camera, count: number): Promise<boolean> {
  return (await house.ask(camera)).viewers === count;
}

/** Asks for a camera's stream, and reads nothing. */
async function ask(house: House, { id }: Camera): Promise<Socket> {
  const { hostname, port } = new URL(house.url);
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
