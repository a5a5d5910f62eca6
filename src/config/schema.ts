// biome-ignore-all lint/suspicious/noTemplateCurlyInString: descriptions tell how variables are written
import { z } from "zod";
import { rights } from "../auth/grant.ts";
import { canLoop, canStart, parseSource, type Source } from "../capture/source.ts";
import { logFormats, logLevels } from "../log.ts";
import type { CameraConfiguration, PredictConfiguration, ServerConfiguration } from "./configuration.ts";
import { argv, duration, flag, mapping, number, oneOf, size, text, word } from "./leaf.ts";

const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, {
    error: 'a name of a-z, 0-9, "_" and "-", at most 63, a letter or digit first',
  })
  .describe("Its name in URLs.");
const rate = number({ above: 0, upTo: 240 });
const token = z.string({ error: "a token of 8 letters or more" }).min(8, { error: "a token of 8 letters or more" });
const most = number({ from: 1, upTo: 1_000_000, whole: true });
const isOrigin = (text: string) => text === "*" || (URL.canParse(text) && new URL(text).origin === text);

const auth = mapping({
  token: token.optional().describe("Opens everything."),
  tokens: z
    .array(
      mapping({
        name: text("a name for people").optional().describe("For people."),
        token: token.describe("The token itself; better ${NAME} than written here."),
        cameras: z.array(id, { error: "a list of names of cameras" }).optional().describe("All, if not given."),
        rights: z
          .array(oneOf(rights), { error: `a list of ${rights.join(", ")}` })
          .optional()
          .describe("What it allows; view, if not given."),
      }),
      { error: "a list of tokens" },
    )
    .optional()
    .describe("Tokens that open less."),
  secret: text("a secret").min(8, { error: "a secret of 8 letters or more" }).optional().describe("Signs URLs."),
}).refine(({ token, tokens }) => token !== undefined || (tokens?.length ?? 0) > 0, {
  error: "token or tokens, or auth: none",
});

const server = mapping({
  host: text("an address or a name").optional().describe("Where to listen; 127.0.0.1, if not given."),
  port: number({ from: 0, upTo: 65535, whole: true }).optional().describe("8000, if not given; 0 takes a free one."),
  stall_after: duration().optional().describe("A viewer without progress for so long is let go; 10s, if not given."),
  log: mapping({
    level: oneOf(logLevels).optional().describe("info, if not given."),
    format: oneOf(logFormats).optional().describe("text on a terminal and json otherwise, if not given."),
  })
    .optional()
    .describe("What is logged, and how."),
  auth: z
    .union([z.literal("none"), auth], { error: "none, or a mapping with token, tokens and secret" })
    .optional()
    .describe("Who may look; none is everybody."),
  allow_hosts: z
    .array(text("a host name"), { error: "a list of host names" })
    .optional()
    .describe("Names of this server besides addresses and localhost."),
  allow_origins: z
    .array(
      z
        .string({ error: "an origin such as https://dash.example.org" })
        .refine(isOrigin, { error: "an origin such as https://dash.example.org, without a path" }),
      { error: "a list of origins" },
    )
    .optional()
    .describe("Origins whose pages may show the cameras."),
  limits: mapping({
    viewers: most.optional().describe("1000, or fewer where the system lets fewer files be open, if not given."),
    viewers_per_camera: most.optional().describe("Of one camera; all, if not given."),
    viewers_per_address: most.optional().describe("From one address; all, if not given."),
  })
    .transform((limits) => ({
      viewers: limits.viewers,
      viewersPerCamera: limits.viewers_per_camera,
      viewersPerAddress: limits.viewers_per_address,
    }))
    .optional()
    .describe("How many may watch at once."),
  tls: mapping({
    cert: text("the path of a PEM file").describe("Path of the certificates, relative to this file."),
    key: text("the path of a PEM file").describe("Path of the private key, relative to this file."),
  })
    .optional()
    .describe("Serves HTTPS."),
}).transform(
  ({ host, stall_after, allow_hosts, allow_origins, ...same }): ServerConfiguration => ({
    ...same,
    hostname: host,
    stallAfter: stall_after,
    allowHosts: allow_hosts,
    allowOrigins: allow_origins,
  }),
);

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

const camera = cameraFields
  .superRefine(({ source, command, loop, on_demand }, context) => {
    if ((source === undefined) === (command === undefined)) {
      context.addIssue({ code: "custom", message: "either source or command", input: undefined });
      return;
    }
    const what = source === undefined ? ({ kind: "command" } as Source) : readable(source);
    if (!what) return;
    if (loop && !canLoop(what)) {
      context.addIssue({
        code: "custom",
        path: ["loop"],
        message: "false: only a file can be played again",
        input: loop,
      });
    }
    if (on_demand !== undefined && on_demand !== false && !canStart(what)) {
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

function readable(source: string): Source | undefined {
  try {
    return parseSource(source);
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

/** What is in a configuration file that has passed {@link check}. */
export interface Checked {
  readonly server?: ServerConfiguration | undefined;
  readonly cameras?: Readonly<Record<string, Omit<CameraConfiguration, "id">>> | undefined;
}

/** What a configuration file may say; the message of each issue is what was expected. */
export const file: z.ZodType<Checked> = mapping({
  server: server.optional().describe("Where and to whom teecam serves."),
  cameras: z
    .record(id, camera, { error: "a mapping of names to cameras" })
    .optional()
    .describe("The cameras by name; the first one serves the routes that name none."),
}).meta({
  title: "teecam.yaml",
  description: "The configuration of teecam. In any text ${NAME} is replaced from the environment; $${ is a plain ${.",
});

/** Checks the data of a configuration file; the message of each issue is what was expected. */
export function check(data: unknown): z.ZodSafeParseResult<Checked> {
  return file.safeParse(data);
}
