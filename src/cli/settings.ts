import type { CameraConfiguration, Configuration, ServerConfiguration } from "../config/configuration.ts";
import type { LogFormat, LogLevel } from "../log.ts";
import type { CliOptions } from "./arguments.ts";

/** What the command line and the configuration file ask for together. */
export interface Settings {
  readonly server: ServerConfiguration & {
    readonly hostname: string;
    readonly port: number;
    readonly log: { readonly level: LogLevel; readonly format: LogFormat | undefined };
  };
  /** At least one; ids differ. */
  readonly cameras: readonly CameraConfiguration[];
}

/**
 * What the command line says wins. Its cameras come behind those of the file, or take the place of those of the same
 * name; without any there is the test card. Throws a `TypeError` for what the two cannot have together.
 */
export function mergeSettings(wishes: CliOptions, { server, cameras }: Configuration): Settings {
  const all = new Map([...cameras, ...wishes.cameras].map((camera) => [camera.id, camera]));
  if (all.size === 0) all.set("camera", { id: "camera", source: "testcard:" });
  if ([...all.values()].filter(({ source }) => source === "-").length > 1) {
    throw new TypeError('Cannot read standard input twice: "-" is given to two cameras');
  }
  return {
    server: {
      ...server,
      hostname: wishes.hostname ?? server.hostname ?? "127.0.0.1",
      port: wishes.port ?? server.port ?? 8000,
      log: { level: wishes.logLevel ?? server.log?.level ?? "info", format: wishes.logFormat ?? server.log?.format },
      tls: wishes.tls ?? server.tls,
    },
    cameras: [...all.values()],
  };
}
