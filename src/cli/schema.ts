import { jsonSchema } from "../config/json-schema.ts";

/** Runs `teecam schema`: returns the JSON Schema of configuration files. */
export function schema(): string {
  return JSON.stringify(jsonSchema(), null, 2);
}
