// biome-ignore-all lint/suspicious/noTemplateCurlyInString: descriptions tell how variables are written
import { z } from "zod";
import { rights } from "../auth/grant.ts";
import { logFormats, logLevels } from "../log.ts";
import type { ServerConfiguration } from "./configuration.ts";
import { duration, id, mapping, number, oneOf, text } from "./fields.ts";

const token = z.string({ error: "a token of 8 letters or more" }).min(8, { error: "a token of 8 letters or more" });
const viewerLimit = number({ from: 1, upTo: 1_000_000, whole: true });
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

/** What stands under `server`. */
export const server: z.ZodType<ServerConfiguration> = mapping({
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
    viewers: viewerLimit.optional().describe("1000, or fewer where the system lets fewer files be open, if not given."),
    viewers_per_camera: viewerLimit.optional().describe("Of one camera; all, if not given."),
    viewers_per_address: viewerLimit.optional().describe("From one address; all, if not given."),
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
