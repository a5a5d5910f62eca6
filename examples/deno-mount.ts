// Your own Hono app and server on Deno, with teecam under a path of it.
// Run, with teecam and hono installed: deno run -A deno-mount.ts, and open the address it prints.
import { Hono } from "hono";
import { camera, createApp } from "../src/index.ts"; // "teecam" in yours

const front = camera({ id: "front", source: "testcard:320x240@15" });
const cameras = new Map([[front.id, front]]);

const app = new Hono();
app.get("/", (context) => context.text("The house"));
app.route("/house/cams", createApp({ cameras }));

const onListen = ({ port }: Deno.NetAddr) => console.log(`http://127.0.0.1:${port}/house/cams/`);
Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, (request, info) => app.fetch(request, info));
