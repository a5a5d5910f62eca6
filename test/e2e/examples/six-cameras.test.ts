import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { configured, examples, instead, read } from "../../fixtures/examples.ts";
import { run } from "../../fixtures/teecam.ts";
import { until } from "../../fixtures/until.ts";

describe("Six cameras", () => {
  const env = { TEECAM_TOKEN: "a-token-for-the-test", CAMERA_PASSWORD: "secret" };

  it("are a configuration without errors as it is printed", async () => {
    const checked = run(["check", fileURLToPath(new URL("six-cameras.yaml", examples))], { env });
    expect(await checked.ended).toBe(0);
    expect(checked.output()).toMatch(/: 6 cameras, no errors$/m);
  });

  it("come on one connection, to whoever has the token", async () => {
    const cards = instead(read("six-cameras.yaml"), [
      [/source: ".*"/g, "source: testcard:160x120@10"], // which stand where the cameras would
      [/host: 0\.0\.0\.0/g, "host: 127.0.0.1"],
    ]);
    const { url } = await configured(cards, env);
    expect((await fetch(`${url}/cameras`)).status).toBe(401);
    const headers = { Authorization: `Bearer ${env.TEECAM_TOKEN}` };
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, "teecam.v1", { headers });
    onTestFinished(() => socket.terminate());
    const frames = new Map<string, number>();
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) {
        const { camera, sequence } = JSON.parse(data.toString("utf8", 2, 2 + data.readUInt16BE(0)));
        frames.set(camera, (frames.get(camera) ?? 0) + 1);
        return socket.send(JSON.stringify({ type: "ack", camera, sequence }));
      }
      const { type, cameras } = JSON.parse(data.toString());
      if (type === "hello") socket.send(JSON.stringify({ type: "subscribe", cameras, ack: true }));
    });
    await until(() => frames.size === 6 && Math.min(...frames.values()) >= 5, "all six bring pictures", 15_000);
    expect([...frames.keys()].sort()).toEqual(["door", "garage", "gate", "greenhouse", "workshop", "yard"]);
  }, 40_000);
});
