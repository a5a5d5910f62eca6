import { expect, it } from "vitest";
import { parseFormats } from "../../src/source/ffmpeg/device-formats.ts";

const recorded = `
[video4linux2,v4l2 @ 0x55a8a7d1b300] Compressed:       mjpeg :          Motion-JPEG : 1920x1080 1280x720 640x480
[video4linux2,v4l2 @ 0x55a8a7d1b300] Raw       :     yuyv422 :           YUYV 4:2:2 : 640x480 320x240
[video4linux2,v4l2 @ 0x55a8a7d1b300] Compressed:        h264 :                H.264 : {32-2592, 2}x{32-1944, 2}
[video4linux2,v4l2 @ 0x55a8a7d1b300] Compressed: Unsupported :     MPEG-4 part 2 ES : 640x480
/dev/video0: Immediate exit requested
`;

it("The formats and sizes of a device are read from what ffmpeg tells", () => {
  expect(parseFormats(recorded)).toEqual([
    { name: "mjpeg", description: "Motion-JPEG", sizes: ["1920x1080", "1280x720", "640x480"] },
    { name: "yuyv422", description: "YUYV 4:2:2", sizes: ["640x480", "320x240"] },
    { name: "h264", description: "H.264", sizes: ["{32-2592, 2}x{32-1944, 2}"] },
  ]);
});

it.each(["", "/dev/video0: No such file or directory\n"])("None are read from %j", (text) => {
  expect(parseFormats(text)).toEqual([]);
});
