// biome-ignore-all lint/suspicious/noTemplateCurlyInString: examples show how variables are written
import { z } from "zod";
import { rights } from "../auth/grant.ts";
import type { AuthOptions } from "../auth/token-store.ts";
import { id, mapping, oneOf, text } from "./fields.ts";

const token = z
  .string({ error: "a token of 8 characters or more" })
  .min(8, { error: "a token of 8 characters or more" });

/** The schema of `server.auth`, unless it is "none". */
export const auth: z.ZodType<AuthOptions> = mapping({
  token: token.optional().meta({ description: "Token with all rights.", examples: ["${TEECAM_TOKEN}"] }),
  tokens: z
    .array(
      mapping({
        name: text("a display name")
          .optional()
          .meta({ description: "Display name.", examples: ["kiosk"] }),
        token: token.meta({ description: "The token itself.", examples: ["${KIOSK_TOKEN}"] }),
        cameras: z
          .array(id, { error: "a list of names of cameras" })
          .optional()
          .meta({
            description: "Cameras for which the token is valid.",
            defaultText: "all cameras",
            examples: [["front"]],
          }),
        rights: z
          .array(oneOf(rights), { error: `a list of ${rights.join(", ")}` })
          .optional()
          .meta({ description: "Rights of the token.", default: ["view"], examples: [["push"]] }),
      }),
      { error: "a list of tokens" },
    )
    .optional()
    .meta({
      description: "Tokens with limited rights.",
      examples: [[{ name: "kiosk", token: "${KIOSK_TOKEN}", cameras: ["front"] }]],
    }),
  secret: text("a secret")
    .min(8, { error: "a secret of 8 characters or more" })
    .optional()
    .meta({
      description: "Secret that signs URLs.",
      defaultText: "derived from token",
      examples: ["${TEECAM_SECRET}"],
    }),
}).refine(({ token, tokens }) => token !== undefined || (tokens?.length ?? 0) > 0, {
  error: "token or tokens, or auth: none",
});
