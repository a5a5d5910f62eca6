import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import predict from "../../../examples/robot/light.ts";
import { viewersOf } from "../../fixtures/cameras.ts";
import { configured, examples, instead, read, webcam } from "../../fixtures/examples.ts";
import { program } from "../../fixtures/processes.ts";
import { commandLine } from "../../fixtures/teecam.ts";
import { until } from "../../fixtures/until.ts";

const isDeno = "Deno" in globalThis;

describe("The robot", () => {
  it("gets live frames and predictions, acknowledges the frames, and stops when teecam is gone", async () => {
    const module = fileURLToPath(new URL("robot/light.ts", examples));
    const server = await configured(instead(read("robot/teecam.yaml"), [webcam, [/\.\/light\.ts/g, module]]));
    const [name, ...options] = commandLine(new URL("robot/subscriber.ts", examples));
    const flags = isDeno || "WebSocket" in globalThis ? [] : ["--experimental-websocket"]; // Node 20
    const robot = program([name, ...flags, ...options, `${server.url.replace("http", "ws")}/ws`]);
    const said = (pattern: RegExp) => robot.output().match(pattern) ?? [];
    await until(() => said(/^frame \d+: \d{4,} bytes, -?\d+ ms old$/gm).length > 20, `frames come: ${robot.output()}`);
    await until(() => said(/^turn -?[01]\.\d\d$/gm).length > 5, `predictions come: ${robot.output()}`);
    const viewers = await viewersOf(server, "front");
    expect(viewers.map(({ pace }) => pace)).toContain("acks");
    await server.stop();
    expect(await robot.ended).toBe(1);
    expect(robot.output()).toMatch(/^stop: the connection is closed, \d+/m);
  });

  it("turns to the brighter side", async () => {
    const dark = sharp({ create: { width: 320, height: 240, channels: 3, background: "black" } });
    const lamp = await sharp({ create: { width: 20, height: 20, channels: 3, background: "white" } })
      .png()
      .toBuffer();
    for (const [left, sign] of [
      [10, -1],
      [290, 1],
    ] as const) {
      const data = new Uint8Array(
        await dark
          .clone()
          .composite([{ input: lamp, left, top: 100 }])
          .jpeg()
          .toBuffer(),
      );
      const { turn } = await predict({ data, sequence: 1, timestamp: 0, arrival: 0, width: 320, height: 240 });
      expect(Math.sign(turn)).toBe(sign);
      expect(Math.abs(turn)).toBeGreaterThan(0.8);
    }
  });
});
