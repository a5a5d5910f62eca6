import { isDeepStrictEqual } from "node:util";
import type { CameraRegistry } from "../camera/registry.ts";
import type { Configuration, ServerConfiguration } from "../config/configuration.ts";
import { serverKeys } from "../config/server.ts";
import type { Logger } from "../log.ts";
import type { CliOptions } from "./arguments.ts";
import { messageOf } from "./error.ts";
import { mergeSettings, type Settings } from "./settings.ts";

/** Options for {@link reloader}. */
export interface ReloadOptions {
  /** Reads the configuration; rejects with an error whose message has one line for each thing that is wrong. */
  readonly read: () => Promise<Configuration>;
  /** Called with each valid configuration, before its cameras start. */
  readonly onRead: (configuration: Configuration) => void;
  readonly cliOptions: CliOptions;
  /** The settings that the server was started with. */
  readonly started: Settings;
  readonly registry: CameraRegistry;
  readonly log: Logger;
}

/**
 * Returns a function that reloads the configuration and updates the cameras. It never rejects, and calls run in sequence.
 *
 * A configuration with errors changes nothing, and the errors are logged. Changed settings of the server are logged
 * too, because they need a restart.
 */
export function reloader(options: ReloadOptions): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => reload(options));
    return last;
  };
}

async function reload({ read, onRead, cliOptions, started, registry, log }: ReloadOptions): Promise<void> {
  let settings: Settings;
  try {
    const configuration = await read();
    settings = mergeSettings(cliOptions, configuration);
    onRead(configuration);
  } catch (error) {
    for (const line of messageOf(error).split("\n")) log.error("{line}", { line });
    return log.error("Cannot reload configuration: it has errors; nothing was changed");
  }
  for (const [name, key] of Object.entries(serverKeys) as [keyof ServerConfiguration, string][]) {
    if (isDeepStrictEqual(started.server[name], settings.server[name])) continue;
    log.warn("Restart teecam to apply the change of {key}", { key: `server.${key}` });
  }
  const changes = Object.entries(await registry.apply(settings.cameras))
    .filter(([, ids]) => ids.length > 0)
    .map(([change, ids]) => `${ids.join(", ")} ${change}`);
  log.info("Reloaded configuration: {changes}", { changes: changes.join("; ") || "no cameras changed" });
}
