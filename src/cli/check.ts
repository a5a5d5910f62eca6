import { ConfigurationError } from "../config/error.ts";
import type { Environment } from "../config/interpolate.ts";
import { readConfiguration } from "./configuration.ts";
import { listMissing } from "./missing.ts";

/**
 * Runs `teecam check FILE`: returns one line about a valid file, and rejects with its errors otherwise, also where a file or
 * a program that it names is not there now.
 */
export async function check(file: string, environment: Environment): Promise<string> {
  const configuration = await readConfiguration(file, environment);
  const missing = await listMissing(configuration, environment);
  if (missing.length > 0) throw new ConfigurationError(missing.map((line) => `${file}: ${line}`));
  const { length } = configuration.cameras;
  return `${file}: ${length} ${length === 1 ? "camera" : "cameras"}, no errors`;
}
