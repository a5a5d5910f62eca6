import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { runToEnd } from "../fixtures/run-to-end.ts";
import { serve } from "../fixtures/serve.ts";

describe("teecam sign", () => {
  const env = { TEECAM_TOKEN: "from-the-environment" };

  it("prints a query that opens one camera of a program with the same token, and no other", async () => {
    const { code, stdout, stderr } = await runToEnd(["sign", "front", "--for", "90s"], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^\?camera=front&expires=\d{10}&signature=[\w-]{43}\n$/);
    const cameras = ["--name", "front", "testcard:64x48@9", "--name", "back", "testcard:64x48@9"];
    const program = await serve(["--host", "0.0.0.0", ...cameras], { env });
    const look = async (path: string) => (await fetch(program.url + path + stdout.trim())).status;
    expect([await look("/cameras/front/snapshot"), await look("/cameras/back/snapshot")]).toEqual([200, 403]);
  });

  it("signs with the secret of a configuration, and knows its cameras", async () => {
    const folder = mkdtempSync(join(tmpdir(), "teecam-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "teecam.yaml");
    writeFileSync(
      file,
      JSON.stringify({ server: { auth: { token: "long-enough" } }, cameras: { front: { source: "testcard:" } } }),
    );
    expect((await runToEnd(["sign", "front", "--config", file], { env })).stdout).toContain("camera=front");
    const { code, stderr } = await runToEnd(["sign", "side", "--config", file], { env });
    expect([code, stderr]).toEqual([2, expect.stringContaining("has front")]);
  });

  it("prints whole URLs of a running server, and asks it for the camera", async () => {
    const program = await serve(["--host", "0.0.0.0", "--name", "front", "testcard:64x48@9"], { env });
    const { stdout } = await runToEnd(["sign", "front", "--for", "1w", "--url", program.url], { env });
    const urls = stdout.trim().split("\n");
    const base = `${program.url}/cameras/front`;
    expect(urls.map((url) => url.split("?")[0])).toEqual([
      `${base}/stream`,
      `${base}/snapshot`,
      `${base.replace("http", "ws")}/ws`,
    ]);
    expect((await fetch(urls[1] ?? "")).status).toBe(200);
    const expires = Number(new URL(urls[0] ?? "").searchParams.get("expires")) - Date.now() / 1000;
    expect(Math.round(expires / 3600)).toBe(7 * 24);
    const { code, stderr } = await runToEnd(["sign", "side", "--url", program.url], { env });
    expect([code, stderr]).toEqual([2, expect.stringContaining('No camera "side"')]);
    expect((await runToEnd(["sign", "front", "--for", "365d", "--url", "http://127.0.0.1:1"], { env })).code).toBe(0);
  });

  it.each<[args: readonly string[], named: string]>([
    [["Front Door"], "no name of a camera"],
    [["front", "--url", "cams.lan"], "http://cams.lan:8000"],
    [[], "name one camera"],
    [["front", "back"], "name one camera"],
    [["front", "--for", "soon"], "write 90s, 30min, 24h, 365d or 1w"],
    [["front", "--right", "look"], "one of view, push, admin"],
    [["front", "--bogus"], "'--bogus'"],
    [["front"], "TEECAM_SECRET"],
  ])("%j is wrong use, with one line that says why", async (args, named) => {
    const { code, stdout, stderr } = await runToEnd(["sign", ...args], {
      env: { TEECAM_TOKEN: "", TEECAM_SECRET: "" },
    });
    expect([code, stdout, stderr.trim().split("\n").length]).toEqual([2, "", 1]);
    expect(stderr).toContain(named);
  });
});
