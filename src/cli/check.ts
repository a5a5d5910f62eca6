import type { Environment } from "../config/interpolate.ts";
import { readConfiguration } from "./configuration.ts";

/** Runs `teecam check FILE`: returns one line about a valid file, and rejects with its errors otherwise. */
export async function check(file: string, environment: Environment): Promise<string> {
  const { cameras } = await readConfiguration(file, environment);
  return `${file}: ${cameras.length} ${cameras.length === 1 ? "camera" : "cameras"}, no errors`;
}
