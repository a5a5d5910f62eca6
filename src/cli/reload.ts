import { isDeepStrictEqual } from "node:util";
import type { CameraRegistry } from "../camera/registry.ts";
import type { Configuration, ServerConfiguration } from "../config/configuration.ts";
import type { Logger } from "../log.ts";
import type { CliOptions } from "./arguments.ts";
import { mergeSettings, type Settings } from "./settings.ts";

/** What is changed by reading the configuration again. */
export interface ReloadOptions {
  /** Reads it; rejects with an error whose message has a line for each thing that is wrong. */
  readonly read: () => Promise<Configuration>;
  readonly cliOptions: CliOptions;
  /** What the server was started with. */
  readonly started: Settings;
  readonly registry: CameraRegistry;
  /** Hears of each configuration before its cameras start. */
  readonly onRead: (configuration: Configuration) => void;
  readonly log: Logger;
}

/** What the file calls the settings that a server cannot change while it runs. */
const names: Record<keyof ServerConfiguration, string> = {
  hostname: "host",
  port: "port",
  stallAfter: "stall_after",
  log: "log",
  auth: "auth",
  allowHosts: "allow_hosts",
  allowOrigins: "allow_origins",
  limits: "limits",
  tls: "tls",
};

/**
 * Gives what reads the configuration again, one time after the other, and has the fleet follow it.
 *
 * A configuration that is wrong changes nothing, and the log says why. What the server cannot change while it runs is
 * named in the log. What is given never rejects.
 */
export function reloader(options: ReloadOptions): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => reload(options));
    return last;
  };
}

async function reload({ read, cliOptions, started, registry, onRead, log }: ReloadOptions): Promise<void> {
  let settings: Settings;
  try {
    const configuration = await read();
    settings = mergeSettings(cliOptions, configuration);
    onRead(configuration);
  } catch (error) {
    const lines = (error instanceof Error ? error.message : String(error)).split("\n");
    for (const line of lines) log.error("{line}", { line });
    return log.error("The configuration is wrong: everything stays as it is");
  }
  for (const [key, name] of Object.entries(names) as [keyof ServerConfiguration, string][]) {
    if (isDeepStrictEqual(started.server[key], settings.server[key])) continue;
    log.warn("The configuration needs a restart: {key}", { key: `server.${name}` });
  }
  const { added, replaced, removed } = await registry.apply(settings.cameras);
  const told = Object.entries({ added, replaced, removed }).filter(([, names]) => names.length > 0);
  const what = told.map(([word, names]) => `${names.join(", ")} ${word}`).join("; ") || "no camera has changed";
  log.info("The configuration was read again: {what}", { what });
}
