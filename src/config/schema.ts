// biome-ignore-all lint/suspicious/noTemplateCurlyInString: descriptions tell how variables are written
import { z } from "zod";
import { camera } from "./camera.ts";
import type { CameraConfiguration, ServerConfiguration } from "./configuration.ts";
import { id, mapping } from "./fields.ts";
import { server } from "./server.ts";

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
