// biome-ignore-all lint/suspicious/noTemplateCurlyInString: examples show how variables are written
import { z } from "zod";
import { parseSource, unsupportedSettings } from "../source/registry.ts";
import type { Argv, SourceSpec } from "../source/source.ts";
import type { CameraConfiguration } from "./configuration.ts";
import { argv, duration, flag, frameRate, id, mapping, number, size, text, variables } from "./fields.ts";
import { predictor } from "./predictor.ts";

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
        defaultText: "the value of frame",
        examples: ["20s"],
      }),
    frame: duration()
      .optional()
      .meta({
        description: "Maximum time between frames, or five frame periods if that is longer.",
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
  .superRefine(({ source, command, loop, on_demand }, context) => {
    if ((source === undefined) === (command === undefined)) {
      context.addIssue({ code: "custom", message: "either source or command", input: undefined });
      return;
    }
    const spec = parseOrUndefined(command ?? source);
    if (!spec) return;
    const unsupported = unsupportedSettings(spec, { loop, onDemand: on_demand });
    if (unsupported.includes("loop")) {
      context.addIssue({
        code: "custom",
        path: ["loop"],
        message: "false: only a file can be played again",
        input: loop,
      });
    }
    if (unsupported.includes("onDemand")) {
      const message = "false: this source comes by itself, only what teecam starts can wait";
      context.addIssue({ code: "custom", path: ["on_demand"], message, input: on_demand });
    }
  })
  .transform(
    ({ source = "testcard:", command, on_demand, max_frame, deadlines, ...same }): Omit<CameraConfiguration, "id"> => ({
      ...same,
      source: command ?? source,
      onDemand: on_demand,
      maxFrameSize: max_frame,
      firstFrameAfter: deadlines?.first_frame,
      stallAfter: deadlines?.frame,
    }),
  );

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
