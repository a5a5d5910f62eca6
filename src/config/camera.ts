import { z } from "zod";
import { parseSource, unsupportedSettings } from "../source/registry.ts";
import type { Argv, SourceSpec } from "../source/source.ts";
import type { CameraConfiguration, PredictConfiguration } from "./configuration.ts";
import { argv, duration, flag, id, mapping, number, size, text, word } from "./fields.ts";

const rate = number({ above: 0, upTo: 240 });
const variables = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "a name of letters, digits and _" }),
  word(),
  {
    error: "a mapping of names to texts",
  },
);

const predict = z
  .union(
    [
      z.literal("motion"),
      mapping({
        command: argv().optional().describe("A program that reads frames and writes predictions."),
        module: text("the path of a module").optional().describe("A module, relative to this file."),
        deadline: duration().optional().describe("In which each answer must come."),
        fps: rate.optional().describe("Most frames a second that it is shown."),
        memory: size({ from: 1024 ** 2, upTo: 1024 ** 4 })
          .optional()
          .describe("Most memory it may have."),
        env: variables.optional().describe("Variables for it; their values are kept out of logs."),
      }).transform(({ command, module, ...limits }, context): PredictConfiguration => {
        if (command !== undefined && module === undefined) return { ...limits, command };
        if (module !== undefined && command === undefined) return { ...limits, module };
        context.addIssue({ code: "custom", message: "either command or module" });
        return z.NEVER;
      }),
    ],
    { error: "motion, or a mapping with command or module" },
  )
  .describe("What looks at each frame and says what it sees: motion, a program or a module.");

const cameraFields = mapping({
  source: text("where pictures come from, such as /dev/video0")
    .optional()
    .superRefine((source, context) => {
      const why = source === undefined ? undefined : whyNot(source);
      if (why !== undefined) context.addIssue(why);
    })
    .describe(
      "Where its pictures come from, as the command line takes it: /dev/video0, rtsp://…, http://…, clip.mp4, …",
    ),
  command: argv().optional().describe("A program and its arguments, which writes JPEGs or multipart to its output."),
  on_demand: z
    .union([z.boolean(), duration()], { error: "true, false, or how long to go on after the last viewer, such as 10s" })
    .optional()
    .describe("Runs only while somebody watches, and so long after the last viewer; true is 5s."),
  loop: flag().optional().describe("Plays a file again and again."),
  fps: rate.optional().describe("Most frames a second, for all viewers together."),
  max_frame: size({ from: 1024, upTo: 1024 ** 3 })
    .optional()
    .describe("Largest frame taken; 8MiB, if not given."),
  warmup: number({ from: 0, upTo: 10_000, whole: true })
    .optional()
    .describe("Frames thrown away at the start of a run."),
  deadlines: mapping({
    first_frame: duration().optional().describe("Without a first frame for so long it is stalled; 5s, if not given."),
    frame: duration().optional().describe("The same from the first frame on; 5s, if not given."),
  })
    .optional()
    .describe("When it is taken for stalled; at twice that it is started anew."),
  env: variables.optional().describe("Variables for its program; their values are kept out of logs."),
  predict: predict.optional(),
  predictors: z
    .record(id, predict, { error: "a mapping of names to predictors" })
    .optional()
    .describe("Predictors that a viewer may choose by name."),
});

/** What stands under the name of a camera. */
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
