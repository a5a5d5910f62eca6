import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { Certificate } from "../../src/adapter/serve.ts";
import { type Host, host } from "../fixtures/host.ts";
import { allow, stopwatch } from "../fixtures/machine.ts";
import { needs } from "../fixtures/programs.ts";
import { serve } from "../fixtures/serve.ts";
import { run } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";

needs("openssl").describe("Over TLS", () => {
  let folder = "";
  let served: Host;
  let play: { stop(): void };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "teecam-tls-"));
    const tls = makeCertificate(folder);
    mkdirSync(join(folder, "other"));
    makeCertificate(join(folder, "other"));
    served = await host([], { tls, stallAfter: 1500 });
    play = served.feeds[0].play(20, { size: 100_000 });
  });
  afterAll(async () => {
    play?.stop();
    await served?.close();
    rmSync(folder, { recursive: true });
  });

  /** A viewer of a stream; what comes is up to whoever calls it. */
  async function view(path: string) {
    const socket = connect({ port: served.port, host: "127.0.0.1", rejectUnauthorized: false });
    socket.on("error", () => {});
    await once(socket, "secureConnect");
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${served.port}\r\n\r\n`);
    return socket;
  }
  const viewers = async () => {
    const socket = await view("/cameras/camera/viewers");
    let text = "";
    for await (const chunk of socket) {
      text += chunk;
      if (text.endsWith("]}") || text.endsWith("]}\r\n0\r\n\r\n")) break;
    }
    socket.destroy();
    return JSON.parse(/\{"viewers".*\}/s.exec(text)?.[0] ?? "").viewers as { pace: string; lag: number }[];
  };

  it("a stream keeps the camera's rate, and its pace is told by the kernel", async () => {
    const socket = await view("/stream");
    let parts = 0;
    socket.on("data", (chunk) => {
      parts += String(chunk).split("X-Sequence").length - 1;
    });
    const elapsed = stopwatch();
    await until(() => parts >= 40, "forty parts come");
    expect(elapsed()).toBeLessThan(3500);
    const [viewer] = await viewers();
    expect(viewer?.pace).toBe(process.platform === "linux" ? "kernel" : "drain");
    expect(viewer?.lag).toBeLessThan(allow(100));
    socket.destroy();
    await until(async () => (await viewers()).length === 0, "it has left");
  });

  it("a viewer that stalls is let go, and its connection reset", async () => {
    const words = ["s_client", "-quiet", "-connect", `127.0.0.1:${served.port}`];
    const viewer = spawn("openssl", words, { stdio: ["pipe", "ignore", "ignore"] });
    viewer.stdin.write(`GET /stream HTTP/1.1\r\nHost: 127.0.0.1:${served.port}\r\n\r\n`);
    await until(async () => (await viewers()).length === 1, "it watches");
    process.kill(viewer.pid ?? 0, "SIGSTOP");
    await until(async () => (await viewers()).length === 0, "it is let go");
    process.kill(viewer.pid ?? 0, "SIGCONT");
    await once(viewer, "exit");
  });

  it("a WebSocket gets pictures", async () => {
    const socket = new WebSocket(`wss://127.0.0.1:${served.port}/ws`, { rejectUnauthorized: false });
    const [picture] = (await once(socket, "message")) as [Buffer];
    expect(picture.subarray(0, 2).toString("hex")).toBe("ffd8");
    socket.close();
    await once(socket, "close");
  });

  it("the program serves with --cert and --key, and says so", async () => {
    const { url } = await serve([
      "--cert",
      join(folder, "cert.pem"),
      "--key",
      join(folder, "key.pem"),
      "testcard:64x64@9",
    ]);
    expect(url).toMatch(/^https:/);
    const status = await new Promise((resolve, reject) => {
      get(`${url}/snapshot`, { rejectUnauthorized: false }, (answer) => resolve(answer.resume().statusCode)).on(
        "error",
        reject,
      );
    });
    expect(status).toBe(200);
  });

  it.each([
    ["a file that is missing", "none.pem", "key.pem", /the certificate \S+none\.pem cannot be read: ENOENT/],
    ["a key where the certificate belongs", "key.pem", "key.pem", /key\.pem holds no certificate in PEM/],
    ["a certificate where the key belongs", "cert.pem", "cert.pem", /cert\.pem holds no key in PEM/],
    ["a key of something else", "cert.pem", "other/key.pem", /other\/key\.pem is not the key of \S+\/cert\.pem/],
  ])("the program ends with one line that names %s", async (_, cert, key, why) => {
    const program = run(["--port", "0", "--cert", join(folder, cert), "--key", join(folder, key), "testcard:"]);
    expect(await program.ended).toBe(1);
    expect(program.output().trim().split("\n")).toHaveLength(1);
    expect(program.output()).toMatch(why);
  });
});

function makeCertificate(folder: string): Certificate {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  execFileSync("openssl", [...words, "-subj", "/CN=localhost", "-keyout", key, "-out", cert], { stdio: "ignore" });
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
}
