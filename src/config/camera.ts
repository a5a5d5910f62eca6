// biome-ignore-all lint/suspicious/noTemplateCurlyInString: examples show how variables are written
import { z } from "zod";
import { parseSource, type RunSettings, settingNeeds, unsupportedSettings } from "../source/registry.ts";
import type { Argv, SourceSpec } from "../source/source.ts";
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

const frameSize = "a width and a height, such as 1280x720";

const cropFormat = "a part as WIDTHxHEIGHT+LEFT+TOP in pixels, such as 640x480+100+50";
const resizeFormat = "a size such as 640x480, 640x or x480";

const cameraFields = mapping({
  source: text("a source such as /dev/video0")
    .optional()
    .superRefine((source, context) => {
      const why = source === undefined ? undefined : whyNot(source);
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
    .union([z.boolean(), duration()], { error: "true, false, or how long to go on after the last viewer, such as 10s" })
    .optional()
    .meta({
      description: "Runs the source only while somebody watches, and this long after the last viewer; true means 5s.",
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
        "Time from one picture of the source to the next, where they are far apart. Deadlines, polling and slide shows follow it.",
      defaultText: "learnt from the pictures",
      examples: ["30s"],
    }),
  rtsp_transport: oneOf(["tcp", "udp", "udp_multicast", "http", "https"])
    .optional()
    .meta({
      description: "How an RTSP camera sends its pictures.",
      defaultText: "tcp, then udp if the camera refuses tcp",
      examples: ["udp"],
    }),
  input_format: text("a pixel format of the device, such as mjpeg or yuyv422")
    .optional()
    .meta({
      description: "The format that a device is asked for. `teecam devices` lists what it has.",
      defaultText: "mjpeg if the device has it",
      examples: ["yuyv422"],
    }),
  size: z
    .string({ error: frameSize })
    .regex(/^[1-9]\d{0,4}x[1-9]\d{0,4}$/, { error: frameSize })
    .optional()
    .meta({
      description: "The size that a device is asked for. `fps` is the rate that it is asked for.",
      defaultText: "chosen by the device",
      examples: ["1280x720"],
    }),
  quality: number({ from: 1, upTo: 100, whole: true })
    .optional()
    .meta({
      description:
        "Quality of the JPEGs that are made here. With it even pictures that are JPEGs already are encoded anew.",
      defaultText: "about 85, and JPEGs stay as they are",
      examples: [75],
    }),
  headers: headerFields()
    .optional()
    .meta({
      description: "Header fields of requests to a source by HTTP. Their values never appear in logs.",
      examples: [{ Authorization: "Bearer ${CAMERA_TOKEN}" }],
    }),
  tls: mapping({
    insecure: flag()
      .optional()
      .meta({
        description:
          "Takes any certificate, and old versions of TLS. Whoever is in between can read and change everything.",
        default: false,
        examples: [true],
      }),
    ca: text("the path of a PEM file")
      .optional()
      .meta({
        description: "A PEM file with certificates to trust besides: the camera's own, or its authority's.",
        examples: ["camera.pem"],
      }),
    fingerprint: z
      .string({ error: "a SHA-256 fingerprint" })
      .regex(/^[0-9a-fA-F]{2}(:?[0-9a-fA-F]{2}){31}$/, { error: "a SHA-256 fingerprint: 32 bytes in hexadecimal" })
      .optional()
      .meta({
        description: "SHA-256 fingerprint of the only certificate to trust.",
        examples: [`7E:0A${":5C".repeat(30)}`],
      }),
  })
    .optional()
    .meta({ description: "Which certificates of an https:// source to trust.", examples: [{ insecure: true }] }),
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
      description: "The part of each picture that is kept.",
      defaultText: "all of it",
      examples: ["640x480+100+50"],
    }),
  rotate: z
    .literal([0, 90, 180, 270], { error: "90, 180 or 270 degrees" })
    .optional()
    .meta({ description: "Degrees by which each picture is turned clockwise.", default: 0, examples: [90] }),
  flip: oneOf(["horizontal", "vertical"])
    .optional()
    .meta({ description: "Mirrors each picture.", defaultText: "not mirrored", examples: ["horizontal"] }),
  resize: z
    .string({ error: resizeFormat })
    .regex(/^([1-9]\d{0,4}x[1-9]\d{0,4}|[1-9]\d{0,4}x|x[1-9]\d{0,4})$/, { error: resizeFormat })
    .optional()
    .meta({
      description: "The size of each picture; with one side alone it keeps its shape.",
      defaultText: "as it comes",
      examples: ["640x"],
    }),
  overlay: text("clock, or a text")
    .optional()
    .meta({
      description: "A text over each picture; `clock` is the time at which it was taken.",
      defaultText: "none",
      examples: ["clock"],
    }),
  max_frame: size({ from: 1024, upTo: 1024 ** 3 })
    .optional()
    .meta({ description: "Maximum size of a frame; larger ones are skipped.", default: "8MiB", examples: ["4MiB"] }),
  warmup: number({ from: 0, upTo: 10_000, whole: true })
    .optional()
    .meta({
      description: "Frames to discard whenever the source starts, while a sensor adjusts its exposure.",
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
        description: "Maximum time between frames, or five frame periods if that is longer, or 2.5 times every.",
        default: "5s",
        examples: ["2s"],
      }),
  })
    .optional()
    .meta({
      description: "When the camera counts as stalled. After twice that time its source is restarted.",
      defaultText: "as below",
      examples: [{ first_frame: "20s" }],
    }),
  env: variables()
    .optional()
    .meta({
      description: "Additional environment variables for the program of the source. Their values never appear in logs.",
      examples: [{ API_KEY: "${API_KEY}" }],
    }),
  predict: predictor.optional(),
  predictors: z
    .record(id, predictor, { error: "a mapping of names to predictors" })
    .optional()
    .meta({
      description:
        "Predictors that a viewer may choose by name, with the keys of predict. Each viewer gets a process of its own.",
      examples: [{ faces: { module: "./faces.ts" } }],
    }),
});

/** The schema of one camera, without its name. */
export const camera: z.ZodType<Omit<CameraConfiguration, "id">> = cameraFields
  .superRefine(({ source, command, ...settings }, context) => {
    if ((source === undefined) === (command === undefined)) {
      context.addIssue({ code: "custom", message: "either source or command", input: undefined });
      return;
    }
    const spec = parseOrUndefined(command ?? source);
    if (!spec) return;
    const { loop, on_demand: onDemand, rtsp_transport: rtspTransport, input_format: inputFormat, size } = settings;
    for (const name of unsupportedSettings(spec, { loop, onDemand, rtspTransport, inputFormat, size })) {
      const key = settingKeys[name];
      const message = `${isSwitch(name) ? "false" : "nothing"}: ${settingNeeds[name]}`;
      context.addIssue({ code: "custom", path: [key], message, input: settings[key] });
    }
    for (const key of ["headers", "tls", "allow_link_local"] as const) {
      if (settings[key] === undefined || unsupportedSettings(spec, { http: { headers: {} } }).length === 0) continue;
      context.addIssue({ code: "custom", path: [key], message: `nothing: ${settingNeeds.http}`, input: settings[key] });
    }
  })
  .transform(
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

const settingKeys = {
  loop: "loop",
  onDemand: "on_demand",
  rtspTransport: "rtsp_transport",
  inputFormat: "input_format",
  size: "size",
  http: "tls",
} as const satisfies Record<keyof RunSettings, string>;

function isSwitch(name: keyof RunSettings): boolean {
  return name === "loop" || name === "onDemand";
}

function parseOrUndefined(source: string | Argv | undefined): SourceSpec | undefined {
  try {
    return source === undefined ? undefined : parseSource(source);
  } catch {
    return undefined;
  }
}

function whyNot(source: string): string | undefined {
  try {
    parseSource(source);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return `a source: ${message.slice(message.lastIndexOf('": ') + 3)}`;
  }
}
