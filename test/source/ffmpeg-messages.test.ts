import { expect, it } from "vitest";
import { ffmpegFailure, tidyLine } from "../../src/source/ffmpeg/messages.ts";

const exit = (code: number) => ({ code, signal: null });

it.each<[lines: string[], said: string]>([
  [
    [
      "[tcp @ 0x5581d1b1a540] Connection to tcp://10.0.0.7:554?timeout=10000000 failed: Connection refused",
      "rtsp://10.0.0.7/live: Connection refused",
    ],
    "connection refused by 10.0.0.7:554 (ffmpeg exited with code 1)",
  ],
  [
    ["[tcp @ 0x5581d1b1a540] Connection to tcp://[fe80::1]:554 failed: Connection timed out"],
    "no answer from [fe80::1]:554 (ffmpeg exited with code 1)",
  ],
  [
    ["[tcp @ 0x1a] Failed to resolve hostname front.lan: Name or service not known", "rtsp://front.lan: I/O error"],
    "no such host: front.lan (ffmpeg exited with code 1)",
  ],
  [
    [
      "[rtsp @ 0x1a] method DESCRIBE failed: 401 Unauthorized",
      "rtsp://10.0.0.7/live: Server returned 401 Unauthorized",
    ],
    "wrong user name or password (401 Unauthorized) (ffmpeg exited with code 1)",
  ],
  [["file:/films/late.avi: No such file or directory"], "no such file: /films/late.avi (ffmpeg exited with code 1)"],
  [["/dev/video0: Device or resource busy"], "another program is using it: /dev/video0 (ffmpeg exited with code 1)"],
  [
    ["[x @ 0x1] [y @ 0x2] odd", "[x @ 0x3] odd", "    Last message repeated 7 times", "another"],
    "ffmpeg exited with code 1: odd: another",
  ],
])("ffmpeg's %j is told as %j", (lines, said) => {
  const { message, summary } = ffmpegFailure("/usr/bin/ffmpeg", exit(1), lines);
  expect(message).toBe(said);
  expect(summary, "viewers see no address and no path").not.toMatch(/10\.0\.0|fe80|front\.lan|films|video0|odd/);
});

it("Brackets that are no address stay in a line", () => {
  expect(tidyLine("[rtsp @ 0x55b5b2736c00] Stream #0: not enough frames")).toBe("Stream #0: not enough frames");
  expect(tidyLine("[info] [tcp @ 0x1] x")).toBe("[info] [tcp @ 0x1] x");
});
