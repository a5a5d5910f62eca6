import { z } from "zod";
import { encoderNames } from "../video/encoders.ts";
import { bitrates, presets, type VideoOptions } from "../video/options.ts";
import { mapping, number, oneOf } from "./fields.ts";

const sizeFormat = "a size such as 1280x720, 1280x or x720";

/** The schema of the coded pictures of one camera. */
export const video: z.ZodType<VideoOptions | false> = z
  .union(
    [
      z.literal(false),
      mapping({
        encoder: oneOf(["auto", ...encoderNames])
          .optional()
          .meta({
            description: "Encoder of ffmpeg; `auto` takes the first of this list that ffmpeg has.",
            default: "auto",
            examples: ["h264_vaapi"],
          }),
        bitrate: number({ from: bitrates.min, upTo: bitrates.max })
          .optional()
          .meta({ description: "Maximum kilobits per second.", default: 3000, examples: [1500] }),
        preset: oneOf(presets)
          .optional()
          .meta({
            description: "Preset of libx264; a slower one needs fewer bytes and more of a processor.",
            default: "superfast",
            examples: ["veryfast"],
          }),
        size: z
          .string({ error: sizeFormat })
          .regex(/^([1-9]\d{0,3}x[1-9]\d{0,3}|[1-9]\d{0,3}x|x[1-9]\d{0,3})$/, { error: sizeFormat })
          .optional()
          .meta({
            description: "Size of the coded pictures; one side alone keeps the aspect ratio.",
            defaultText: "that of the pictures",
            examples: ["1280x"],
          }),
      }),
    ],
    { error: "false, or a mapping with encoder, bitrate, preset and size" },
  )
  .meta({
    description:
      "Pictures as H.264, for viewers that ask for it: made by ffmpeg while there are any. `false` offers none.",
    defaultText: "as below",
    examples: [{ bitrate: 1500 }],
  });
