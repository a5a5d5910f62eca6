import { describe, expect, it } from "vitest";
import { adapter } from "#adapter";
import { Camera } from "../../src/camera/camera.ts";
import { ConfigurationError } from "../../src/config/error.ts";
import { parseConfiguration } from "../../src/config/read.ts";
import type { VideoOptions } from "../../src/video/options.ts";

const source = "push";

describe("The option video", () => {
  it.each([
    [{ encoder: "x264" as "auto" }, "video.encoder must be auto, libx264, "],
    [{ bitrate: 49 }, "video.bitrate must be from 50 to 100000 kbit/s, not 49"],
    [{ preset: "placebo" as "medium" }, "video.preset must be ultrafast, "],
    [{ size: "0x480" }, "video.size must be 640x480, 640x or x480, not 0x480"],
    [{ size: "x" }, "video.size"],
  ] satisfies [VideoOptions, string][])("refuses %j", (video, message) => {
    expect(() => new Camera({ source, video }, adapter)).toThrow(message);
  });

  it("gives a camera no video when it is false", async () => {
    const camera = new Camera({ source, video: false }, adapter);
    expect(camera.video).toBeUndefined();
    await camera.close();
  });
});

describe("The key video of a configuration", () => {
  const read = (video: string) => {
    try {
      return parseConfiguration(`cameras: { a: { source: push, video: ${video} } }`, { file: "teecam.yaml" })
        .cameras[0];
    } catch (error) {
      if (error instanceof ConfigurationError) return error.diagnostics.join("; ");
      throw error;
    }
  };

  it("is false, or a mapping", () => {
    expect(read("false")).toMatchObject({ video: false });
    const video = { encoder: "libx264", bitrate: 1500, preset: "veryfast", size: "1280x" };
    expect(read(JSON.stringify(video))).toMatchObject({ video });
    expect(read("true")).toContain("expected false, or a mapping with encoder, bitrate, preset and size");
    expect(read("{ bitrate: 3M }")).toContain("a number from 50 to 100000");
    expect(read("{ size: x }")).toContain("a size such as 1280x720, 1280x or x720");
  });
});
