// What the hosts of this folder show: they are programs, each of which prints the address of teecam with the final slash.
import process from "node:process";
import { type AppOptions, camera } from "../../src/index.ts";

const front = camera({ id: "front", source: "testcard:160x120@10" });
const door = camera({ id: "door", source: "push" });

/** Options of the app; with the environment variable TOKEN it asks for that token. */
export const options: AppOptions = {
  cameras: new Map([front, door].map((one) => [one.id, one])),
  stallAfter: 2000,
  auth: process.env.TOKEN === undefined ? undefined : { token: process.env.TOKEN },
};

/** Prints the address of teecam, below `path`. */
export function announce(server: { address(): unknown }, path = "/house/cams"): void {
  const { port } = server.address() as { readonly port: number };
  console.log(`http://127.0.0.1:${port}${path}/`);
}
