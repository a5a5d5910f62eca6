import type { Adapter } from "../adapter/adapter.ts";
import { accessPolicy } from "../auth/access-policy.ts";
import { Camera } from "../camera/camera.ts";
import { CameraRegistry } from "../camera/registry.ts";
import type { Configuration } from "../config/configuration.ts";
import { watchFile } from "../config/watch.ts";
import { nearest } from "../nearest.ts";
import { RtcHost } from "../rtc/host.ts";
import { announce } from "./announce.ts";
import type { CliOptions } from "./arguments.ts";
import { openBrowser } from "./browser.ts";
import { readConfiguration } from "./configuration.ts";
import { CliError, usageError, withHelp } from "./error.ts";
import { requireFfmpeg } from "./ffmpeg.ts";
import { listen } from "./listen.ts";
import { startLog } from "./logging.ts";
import { missingFile } from "./missing.ts";
import { reloader } from "./reload.ts";
import { mergeSettings } from "./settings.ts";
import { gracefulShutdown } from "./shutdown.ts";
import { subcommands } from "./subcommands.ts";
import { systemdNotifier, systemdVariables } from "./systemd.ts";

const noConfiguration: Configuration = { server: {}, cameras: [], secrets: [] };

/**
 * Starts the cameras and serves them until the program is asked to end. Settles once it serves.
 *
 * Rejects with a `CliError` or a `ConfigurationError` if it cannot.
 */
export async function serve(options: CliOptions, adapter: Adapter): Promise<void> {
  const { config } = options;
  const { spawn } = adapter;
  const environment = adapter.environment();
  const read = (file: string) => readConfiguration(file, environment);
  const configuration = config === undefined ? noConfiguration : await read(config);
  const settings = withHelp(() => mergeSettings(options, configuration));
  await requireFiles(options);
  let { secrets } = configuration;
  const format = settings.server.log.format ?? (adapter.isTerminal() ? "text" : "json");
  const log = startLog({ ...settings.server.log, format, secrets: () => secrets });
  const systemd = systemdNotifier({ environment, spawn, log });
  const { auth, generatedToken } = accessPolicy(settings.server, { noAuth: options.noAuth, environment });
  adapter.unsetEnv(["TEECAM_TOKEN", "TEECAM_SECRET", ...systemdVariables]); // no program of a camera needs them
  await requireFfmpeg(settings.cameras, { spawn, log });

  const registry = new CameraRegistry({ log, start: (camera) => new Camera(camera, adapter) });
  const shutdown = new AbortController();
  const rtc =
    settings.server.rtc === false ? undefined : new RtcHost({ ...settings.server.rtc, runtime: adapter, log });
  const server = await listen(settings.server, { adapter, registry, auth, rtc, shutdown: shutdown.signal, log });
  const { exit, killAfter } = adapter;
  const stop = gracefulShutdown({ server, registry, rtc, systemd, shutdown, exit, killAfter, log });
  adapter.onTerminate(stop);
  await registry.apply(settings.cameras); // not before it is certain that they can be served

  if (config === undefined) {
    // The terminal is gone. Kernel and shell may both send SIGHUP, so a second one does not cut the shutdown short.
    adapter.onHangup(() => shutdown.signal.aborted || stop("SIGHUP"));
  } else {
    const reload = reloader({
      read: () => read(config),
      onRead(configuration) {
        secrets = [...new Set([...secrets, ...configuration.secrets])]; // replaced cameras may still print the old ones
      },
      cliOptions: options,
      started: settings,
      registry,
      log,
    });
    adapter.onHangup(reload);
    watchFile(config, reload, { signal: shutdown.signal });
  }

  const { port } = server;
  const names = [...registry.cameras.keys()];
  const isTerminal = adapter.isTerminal();
  const url = announce(settings.server, { cameras: names, port, token: generatedToken, isTerminal });
  systemd.ready();
  if (options.open) await openBrowser(url, { spawn, log });
}

/** Rejects with a `CliError` if a file of the command line is not there: it is a mistyped word, whatever it was to be. */
async function requireFiles({ cameras }: CliOptions): Promise<void> {
  for (const { source } of cameras) {
    const missing = await missingFile(source);
    if (missing === undefined) continue;
    const meant = /^[a-z]+$/.test(String(source)) ? nearest(String(source), subcommands) : undefined;
    const hint = meant === undefined ? "See teecam --help" : `Did you mean teecam ${meant}? See teecam --help`;
    throw new CliError(`Cannot open ${String(source)}: ${missing}. ${hint}`, { exitCode: usageError });
  }
}
