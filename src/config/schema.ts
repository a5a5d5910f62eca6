// biome-ignore-all lint/suspicious/noTemplateCurlyInString: descriptions tell how variables are written
import { z } from "zod";
import { camera } from "./camera.ts";
import type { CameraConfiguration, ServerConfiguration } from "./configuration.ts";
import { id, mapping } from "./fields.ts";
import { server } from "./server.ts";

/** The data of a valid configuration file, with paths as they are written there. */
export interface ConfigurationFile {
  readonly server?: ServerConfiguration | undefined;
  readonly cameras?: Readonly<Record<string, Omit<CameraConfiguration, "id">>> | undefined;
}

/** The schema of a configuration file. The message of each issue is what was expected. */
export const fileSchema: z.ZodType<ConfigurationFile> = mapping({
  server: server.optional().meta({
    description: "Address, access and limits of the server.",
    defaultText: "as below",
    examples: [{ port: 8080 }],
  }),
  cameras: z
    .record(id, camera, { error: "a mapping of names to cameras" })
    .optional()
    .meta({
      description: "Cameras by name. Routes without the name of a camera use the first one.",
      defaultText: "the test card",
      examples: [{ front: { source: "/dev/video0" } }],
    }),
}).meta({
  title: "teecam.yaml",
  description:
    "The configuration of teecam. In any string, ${NAME} is replaced by an environment variable; write $${ for a plain ${.",
});
