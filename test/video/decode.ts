import { spawn } from "node:child_process";
import { buffer } from "node:stream/consumers";
import type { VideoChunk } from "../../src/media/video-chunk.ts";
import { readTimecode } from "../../src/testcard/timecode.ts";

/** Decodes chunks with ffmpeg, and returns the number in the timecode of each picture; undefined for one without any. */
export async function decode(
  chunks: readonly VideoChunk[],
  width = 320,
  height = 240,
): Promise<(number | undefined)[]> {
  const argv = ["-v", "error", "-f", "h264", "-i", "pipe:0", "-f", "rawvideo", "-pix_fmt", "rgb24"];
  const ffmpeg = spawn("ffmpeg", [...argv, "-vsync", "passthrough", "pipe:1"], { stdio: ["pipe", "pipe", "inherit"] });
  ffmpeg.stdin.end(Buffer.concat(chunks.map(({ data }) => data)));
  const pixels = await buffer(ffmpeg.stdout);
  const size = width * height * 3;
  return Array.from({ length: pixels.length / size }, (_, n) => {
    return readTimecode(pixels.subarray(n * size, (n + 1) * size), width, height, 3)?.frame;
  });
}
