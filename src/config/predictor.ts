import { z } from "zod";
import type { PredictorSource } from "../predict/source.ts";
import { argv, duration, frameRate, mapping, size, text, variables } from "./fields.ts";

/** The schema of one predictor. */
export const predictor: z.ZodType<PredictorSource> = z
  .union(
    [
      z.literal("motion"),
      mapping({
        command: argv()
          .optional()
          .meta({
            description:
              "A program that reads frames from its standard input and writes predictions to its standard output.",
            defaultText: "required, unless there is a module",
            examples: [["python3", "predict.py"]],
          }),
        module: text("the path of a module")
          .optional()
          .meta({
            description: "A TypeScript or JavaScript module; its path is relative to the configuration file.",
            defaultText: "required, unless there is a command",
            examples: ["./predict.ts"],
          }),
        deadline: duration()
          .optional()
          .meta({
            description: "Maximum time for a prediction; after that the predictor is restarted.",
            default: "10s",
            examples: ["2s"],
          }),
        fps: frameRate()
          .optional()
          .meta({
            description: "Maximum frames per second given to the predictor.",
            defaultText: "as many as it can process",
            examples: [5],
          }),
        memory: size({ from: 1024 ** 2, upTo: 1024 ** 4 })
          .optional()
          .meta({
            description: "Maximum memory of the predictor.",
            defaultText: "512MiB for a module, unlimited for a command",
            examples: ["256MiB"],
          }),
        env: variables()
          .optional()
          .meta({
            description: "Additional environment variables for the predictor. Their values never appear in logs.",
            examples: [{ MODEL: "yolo" }],
          }),
      }).transform(({ command, module, ...limits }, context): PredictorSource => {
        if (command !== undefined && module === undefined) return { ...limits, command };
        if (module !== undefined && command === undefined) return { ...limits, module };
        context.addIssue({ code: "custom", message: "either command or module" });
        return z.NEVER;
      }),
    ],
    { error: "motion, or a mapping with command or module" },
  )
  .meta({
    description: "The predictor for all viewers: `motion`, which is built in, a program, or a module.",
    examples: ["motion"],
  });
