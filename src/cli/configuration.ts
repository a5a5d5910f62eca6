import type { Configuration } from "../config/configuration.ts";
import type { Environment } from "../config/interpolate.ts";
import { parseConfiguration } from "../config/read.ts";
import { readText } from "../config/text.ts";

/** Reads a configuration file. Rejects with a `ConfigurationError` that lists everything wrong with it. */
export async function readConfiguration(file: string, environment: Environment): Promise<Configuration> {
  return parseConfiguration(await readText(file), { file, environment });
}
