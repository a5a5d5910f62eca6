import { redact } from "../../redact.ts";
import type { Driver } from "../driver.ts";
import { Converter } from "../ffmpeg/convert.ts";
import { checkScheme } from "../ffmpeg/schemes.ts";
import type { FfmpegSpec } from "../ffmpeg/spec.ts";
import { ParsedRuns } from "../parse.ts";
import { SlideRuns } from "../slides.ts";
import type { Spelling } from "../spelling.ts";

/** Lets ffmpeg read a device, a network stream or a file: `/dev/video0`, `rtsp://…`, `srt://…`, `clip.mp4`. */
export const ffmpeg: Driver<FfmpegSpec> = {
  kind: "ffmpeg",
  parse: (spelling) => ({ kind: "ffmpeg", ...parseInput(spelling) }),
  describe: ({ input }) => redact(input),
  hasEnd: isFile,
  canLoop: isFile,
  canStart: () => true,
  medium: ({ medium }) => medium,
  firstFrameAfter: ({ medium }) => (medium === "rtsp" || medium === "network" ? slowStart : undefined),
  path: ({ input, medium }) => (medium === "file" ? input : undefined),
  create(spec, options) {
    if (options.loop && isJpeg(spec)) return new SlideRuns({ list: async () => [spec.input] }, options);
    const converter: Converter = new Converter(spec, { ...options, frames: () => runs.input.frames });
    const runs: ParsedRuns = new ParsedRuns(converter.open, { ...options, lastSign: () => converter.lastSign });
    return runs;
  },
};

const slowStart = 20_000; // milliseconds: a decoder waits for a key frame, which some cameras send every 20 s

function isFile({ medium }: FfmpegSpec): boolean {
  return medium === "file";
}

/** Tells whether it is a single picture, which need not be decoded. */
function isJpeg({ input, medium }: FfmpegSpec): boolean {
  return medium === "file" && /\.jpe?g$/i.test(input);
}

function parseInput({ text, scheme, rest }: Spelling): Omit<FfmpegSpec, "kind"> {
  switch (scheme) {
    case undefined:
      return { input: text, medium: text.startsWith("/dev/") ? "device" : "file" };
    case "rtsp":
    case "rtsps":
      return { input: text, medium: "rtsp" };
    case "file":
      return { input: rest.replace(/^\/\/(?=\/)/, ""), medium: "file" };
    default: // "rtmp://", "srt://", … but "12:30.mp4" and "C:\clip.mp4" are files
      if (!rest.startsWith("//")) return { input: text, medium: "file" };
      checkScheme(text, scheme);
      return { input: text, medium: "network" };
  }
}
