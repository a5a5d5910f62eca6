import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { Seen, Transport, Viewing } from "../bench/lag-viewer.ts";
import { stamper } from "../bench/stamp.ts";
import { type Host, host } from "../fixtures/host.ts";
import { allow } from "../fixtures/machine.ts";
import { freePort } from "../fixtures/ports.ts";
import { needs } from "../fixtures/programs.ts";
import { until } from "../fixtures/until.ts";

const server = (listen: string, upstream: number) => `server {
    ${listen}
    location / {
      proxy_pass http://127.0.0.1:${upstream};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $http_connection;
    }
  }`;

/** nginx as it comes, but for what the README says. */
const configuration = (folder: string, ports: { plain: number; small: number }, upstream: number) => `
daemon off;
pid ${folder}/pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  ${server(`listen 127.0.0.1:${ports.plain};`, upstream)}
  ${server(`listen 127.0.0.1:${ports.small} sndbuf=64k;`, upstream)}
}
`;

needs("nginx").describe("Behind nginx", () => {
  const folder = mkdtempSync(join(tmpdir(), "teecam-nginx-"));
  let served: Host;
  let port = 0;
  let small = 0; // where nginx asks its kernel to hold little
  const ends: (() => unknown)[] = [];
  beforeAll(async () => {
    served = await host();
    [port, small] = [await freePort(), await freePort()];
    const file = join(folder, "nginx.conf");
    writeFileSync(file, configuration(folder, { plain: port, small }, served.port));
    const nginx = spawn("nginx", ["-c", file, "-p", folder], { stdio: "ignore" });
    const jpeg = stamper(100_000);
    const timer = setInterval(() => served.feeds[0].write(jpeg()), 1000 / 30);
    ends.push(
      () => clearInterval(timer),
      async () => {
        nginx.kill();
        await once(nginx, "exit");
        rmSync(folder, { recursive: true });
      },
      () => served.close(),
    );
    await until(async () => (await fetch(`http://127.0.0.1:${port}/livez`).catch(() => undefined))?.ok, "nginx serves");
  });
  afterAll(async () => {
    for (const end of ends) await end();
  });

  /** What a viewer sees that reads so many bytes a second. */
  async function view(
    path: string,
    transport: Transport,
    options: { rate?: number; at?: number } = {},
  ): Promise<Seen[]> {
    const { rate, at = port } = options;
    const viewing: Viewing = { host: "127.0.0.1", port: at, path, transport, seconds: 6, rate };
    const program = fileURLToPath(new URL("../bench/lag-viewer.ts", import.meta.url));
    const node = spawn("node", ["--import", "tsx", program, JSON.stringify(viewing)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let last = "";
    for await (const line of createInterface({ input: node.stdout })) last = line;
    return JSON.parse(last);
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

  it.concurrent.each([
    ["a stream", "/stream", "MJPEG"],
    ["a WebSocket", "/ws", "WebSocket"],
    ["teecam.v1 with acknowledgements", "/ws", "acks"],
  ] as const)("%s comes as it is, and at once", async (_, path, transport) => {
    const frames = await view(path, transport);
    expect(frames.length).toBeGreaterThan(100);
    expect(median(frames.map(({ first }) => first))).toBeLessThan(allow(0.1));
  });

  it.concurrent("a slow viewer that acknowledges is less than half a second behind", async () => {
    const frames = await view("/ws", "acks", { rate: 200_000 });
    expect(frames.length).toBeGreaterThan(6);
    expect(median(frames.filter(({ at }) => at > 2).map(({ first }) => first))).toBeLessThan(allow(0.5));
  });

  it.concurrent("a slow viewer of a plain stream is less far behind where nginx's kernel is asked to hold little", async () => {
    const [much, little] = await Promise.all(
      [port, small].map(async (at) => {
        const frames = await view("/stream", "MJPEG", { rate: 200_000, at });
        return Math.max(...frames.map(({ first }) => first));
      }),
    );
    expect(much).toBeGreaterThan(3); // and growing: 18 s after 25 s
    expect(little).toBeLessThan(0.75 * (much ?? 0));
  });

  it("the page's own WebSocket is let in: its Origin is the host that nginx was asked for", async () => {
    const origin = `http://127.0.0.1:${port}`;
    const socket = new WebSocket(`${origin.replace("http", "ws")}/ws`, "teecam.v1", { origin });
    const [hello] = (await once(socket, "message")) as [Buffer];
    expect(JSON.parse(String(hello)).cameras).toEqual(["camera"]);
    socket.close();
  });
});
