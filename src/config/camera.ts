// biome-ignore-all lint/suspicious/noTemplateCurlyInString: examples show how variables are written
import { z } from "zod";
import { checkSettings, whyNoSource } from "./camera-rules.ts";
import type { CameraConfiguration } from "./configuration.ts";
import {
  argv,
  duration,
  flag,
  frameRate,
  headerFields,
  id,
  mapping,
  number,
  oneOf,
  size,
  text,
  variables,
} from "./fields.ts";
import { predictor } from "./predictor.ts";
import { tls } from "./tls.ts";
import { video } from "./video.ts";

const frameSize = "a width and a height, such as 1280x720";

const cropFormat = "a region as WIDTHxHEIGHT+LEFT+TOP in pixels, such as 640x480+100+50";
const resizeFormat = "a size such as 640x480, 640x or x480";

const cameraFields = mapping({
  source: text("a source such as /dev/video0")
    .optional()
    .superRefine((source, context) => {
      const why = source === undefined ? undefined : whyNoSource(source);
      if (why !== undefined) context.addIssue(why);
    })
    .meta({
      description: "The source of the pictures, as on the command line.",
      defaultText: "required, unless there is a command",
      examples: ["/dev/video0"],
    }),
  command: argv()
    .optional()
    .meta({
      description: "A program and its arguments. It writes JPEGs or multipart to its standard output.",
      defaultText: "required, unless there is a source",
      examples: [["my-camera", "--fast"]],
    }),
  on_demand: z
    .union([z.boolean(), duration()], {
      error: "true, false, or the time to continue after the last viewer, such as 10s",
    })
    .optional()
    .meta({
      description:
        "Runs the source only while there are viewers, and this long after the last one has left; true means 5s.",
      default: false,
      examples: ["10s"],
    }),
  loop: flag()
    .optional()
    .meta({ description: "Plays a file over and over again.", default: false, examples: [true] }),
  fps: frameRate()
    .optional()
    .meta({
      description: "Maximum frames per second, for all viewers together.",
      defaultText: "all frames, 240 at most",
      examples: [10],
    }),
  every: duration()
    .optional()
    .meta({
      description:
        "Time between two pictures of the source, if they are far apart. Sets the interval of polling and slide shows, and extends deadlines.",
      defaultText: "measured",
      examples: ["30s"],
    }),
  rtsp_transport: oneOf(["tcp", "udp", "udp_multicast", "http", "https"])
    .optional()
    .meta({
      description: "Transport of an RTSP camera.",
      defaultText: "tcp, then udp if the camera refuses tcp",
      examples: ["udp"],
    }),
  input_format: text("a pixel format of the device, such as mjpeg or yuyv422")
    .optional()
    .meta({
      description: "Pixel format to request from a device. `teecam devices` lists the formats it offers.",
      defaultText: "mjpeg if the device offers it",
      examples: ["yuyv422"],
    }),
  size: z
    .string({ error: frameSize })
    .regex(/^[1-9]\d{0,4}x[1-9]\d{0,4}$/, { error: frameSize })
    .optional()
    .meta({
      description: "Size to request from a device; `fps` sets the rate to request.",
      defaultText: "chosen by the device",
      examples: ["1280x720"],
    }),
  quality: number({ from: 1, upTo: 100, whole: true })
    .optional()
    .meta({
      description: "Quality of JPEGs that teecam encodes. If set, pictures that are already JPEGs are encoded again.",
      defaultText: "about 85, and JPEGs are not changed",
      examples: [75],
    }),
  headers: headerFields()
    .optional()
    .meta({
      description: "Additional header fields of requests to an HTTP source. Their values never appear in logs.",
      examples: [{ Authorization: "Bearer ${CAMERA_TOKEN}" }],
    }),
  tls,
  allow_link_local: flag()
    .optional()
    .meta({
      description: "Follows redirects of an HTTP source to link-local addresses such as 169.254.169.254.",
      default: false,
      examples: [true],
    }),
  crop: z
    .string({ error: cropFormat })
    .regex(/^[1-9]\d{0,4}x[1-9]\d{0,4}\+\d{1,5}\+\d{1,5}$/, { error: cropFormat })
    .optional()
    .meta({
      description: "Region of each picture to keep, as WIDTHxHEIGHT+LEFT+TOP in pixels.",
      defaultText: "the whole picture",
      examples: ["640x480+100+50"],
    }),
  rotate: z
    .literal([0, 90, 180, 270], { error: "90, 180 or 270 degrees" })
    .optional()
    .meta({ description: "Clockwise rotation of each picture, in degrees.", default: 0, examples: [90] }),
  flip: oneOf(["horizontal", "vertical"])
    .optional()
    .meta({ description: "Mirrors each picture.", defaultText: "not mirrored", examples: ["horizontal"] }),
  resize: z
    .string({ error: resizeFormat })
    .regex(/^([1-9]\d{0,4}x[1-9]\d{0,4}|[1-9]\d{0,4}x|x[1-9]\d{0,4})$/, { error: resizeFormat })
    .optional()
    .meta({
      description: "New size of each picture; one side alone keeps the aspect ratio.",
      defaultText: "not resized",
      examples: ["640x"],
    }),
  overlay: text("clock, or a text")
    .optional()
    .meta({
      description: "Text to draw over each picture; `clock` draws the time of the picture.",
      defaultText: "none",
      examples: ["clock"],
    }),
  max_frame: size({ from: 1024, upTo: 1024 ** 3 })
    .optional()
    .meta({ description: "Maximum size of a frame; larger ones are skipped.", default: "8MiB", examples: ["4MiB"] }),
  warmup: number({ from: 0, upTo: 10_000, whole: true })
    .optional()
    .meta({
      description: "Frames to discard each time the source starts, while the sensor adjusts its exposure.",
      default: 0,
      examples: [5],
    }),
  deadlines: mapping({
    first_frame: duration()
      .optional()
      .meta({
        description: "Maximum time until the first frame.",
        defaultText: "the value of frame, at least 20s for network streams that ffmpeg reads",
        examples: ["20s"],
      }),
    frame: duration()
      .optional()
      .meta({
        description: "Maximum time between frames; longer if five frame periods, or 2.5 times `every`, are longer.",
        default: "5s",
        examples: ["2s"],
      }),
  })
    .optional()
    .meta({
      description: "Times after which the camera is stalled. After twice that time its source is restarted.",
      defaultText: "as below",
      examples: [{ first_frame: "20s" }],
    }),
  env: variables()
    .optional()
    .meta({
      description: "Additional environment variables for the program of the source. Their values never appear in logs.",
      examples: [{ API_KEY: "${API_KEY}" }],
    }),
  video: video.optional(),
  predict: predictor.optional(),
  predictors: z
    .record(id, predictor, { error: "a mapping of names to predictors" })
    .optional()
    .meta({
      description:
        "Predictors that a viewer can choose by name, with the keys of `predict`. Each viewer gets a separate process.",
      examples: [{ faces: { module: "./faces.ts" } }],
    }),
});

/** The schema of one camera, without its name. */
export const camera: z.ZodType<Omit<CameraConfiguration, "id">> = cameraFields.superRefine(checkSettings).transform(
  ({
    source = "testcard:",
    command,
    on_demand,
    max_frame,
    deadlines,
    rtsp_transport,
    input_format,
    allow_link_local,
    ...same
  }): Omit<CameraConfiguration, "id"> => ({
    ...same,
    rtspTransport: rtsp_transport,
    inputFormat: input_format,
    source: command ?? source,
    onDemand: on_demand,
    maxFrameSize: max_frame,
    allowLinkLocal: allow_link_local,
    firstFrameAfter: deadlines?.first_frame,
    stallAfter: deadlines?.frame,
  }),
);
