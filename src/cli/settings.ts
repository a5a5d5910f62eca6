import { checkOptions } from "../camera/options.ts";
import type { CameraConfiguration, Configuration, ServerConfiguration } from "../config/configuration.ts";
import { serverDefaults } from "../config/server.ts";
import type { LogOptions } from "../log.ts";
import type { CliOptions } from "./arguments.ts";

/** The settings of the program, from the command line and the configuration file. */
export interface Settings {
  readonly server: ServerConfiguration &
    Required<Pick<ServerConfiguration, "hostname" | "port">> & {
      readonly log: Pick<LogOptions, "level"> & Partial<LogOptions>;
    };
  /** At least one, with unique ids. */
  readonly cameras: readonly CameraConfiguration[];
}

/**
 * Merges the command line and the configuration file; the command line wins.
 *
 * Cameras of the command line follow those of the file, or replace those with the same name. Without any camera there is
 * the test card. Throws a `TypeError` or `RangeError` for settings that cannot be used.
 */
export function mergeSettings(cliOptions: CliOptions, { server, cameras }: Configuration): Settings {
  const byId = new Map([...cameras, ...cliOptions.cameras].map((camera) => [camera.id, camera]));
  if (byId.size === 0) byId.set("camera", { id: "camera", source: "testcard:" });
  const merged = [...byId.values()];
  for (const camera of merged) checkOptions(camera);
  if (merged.filter(({ source }) => source === "-").length > 1) {
    throw new TypeError('Cannot read standard input twice: "-" is given to two cameras');
  }
  return {
    server: {
      ...server,
      hostname: cliOptions.hostname ?? server.hostname ?? serverDefaults.hostname,
      port: cliOptions.port ?? server.port ?? serverDefaults.port,
      log: {
        level: cliOptions.log?.level ?? server.log?.level ?? serverDefaults.logLevel,
        format: cliOptions.log?.format ?? server.log?.format,
      },
      allowHosts: [...(server.allowHosts ?? []), ...cliOptions.allowHosts],
      allowOrigins: [...(server.allowOrigins ?? []), ...cliOptions.allowOrigins],
      tls: cliOptions.tls ?? server.tls,
    },
    cameras: merged,
  };
}
