#!/usr/bin/env tsx
import { readFileSync } from "node:fs";
import { adapter } from "#adapter";
import type { Server } from "./adapter/serve.ts";
import { createApp } from "./app.ts";
import { accessPolicy, machineNames, maxViewers } from "./auth/access-policy.ts";
import type { AuthOptions } from "./auth/token-store.ts";
import { Camera } from "./camera/camera.ts";
import { CameraRegistry } from "./camera/registry.ts";
import { type CliOptions, help, parseCliOptions } from "./cli/arguments.ts";
import { openBrowser } from "./cli/browser.ts";
import { readCertificate } from "./cli/certificate.ts";
import { startLog } from "./cli/logging.ts";
import { reloader } from "./cli/reload.ts";
import { mergeSettings, type Settings } from "./cli/settings.ts";
import { gracefulShutdown } from "./cli/shutdown.ts";
import { parseSign, signQuery } from "./cli/sign.ts";
import { inheritedSocket, systemdNotifier, systemdVariables } from "./cli/systemd.ts";
import type { Configuration } from "./config/configuration.ts";
import { ConfigurationError } from "./config/error.ts";
import { jsonSchema } from "./config/json-schema.ts";
import { parseConfiguration } from "./config/read.ts";
import { readText } from "./config/text.ts";
import { watchFile } from "./config/watch.ts";
import type { Logger } from "./log.ts";
import { redact } from "./redact.ts";
import { parseSource } from "./source/registry.ts";
import { subprotocol } from "./transport/teecam-v1/subprotocol.ts";

const wrongUse = 2;
const couldNotStart = 1;

async function main(): Promise<void> {
  adapter.ignoreBrokenPipe();
  const [first, ...others] = adapter.args;
  if (first === "sign") return await sign(others);
  const cliOptions = readArguments();
  if (cliOptions.help) return print(help.trimEnd());
  const version = readVersion();
  if (cliOptions.version) return print(`teecam ${version} (${adapter.runtime})`);
  if (cliOptions.schema) return print(JSON.stringify(jsonSchema(), null, 2));
  if (cliOptions.check !== undefined) return await check(cliOptions.check);

  const configuration = await configure(cliOptions);
  let { secrets } = configuration;
  const settings = settle(cliOptions, configuration);
  const { server: wanted } = settings;
  const format = wanted.log.format ?? (adapter.isTerminal() ? "text" : "json");
  const log = startLog({ ...wanted.log, format, secrets: () => secrets });
  const systemd = systemdNotifier({ ...adapter, environment: adapter.environment(), log });
  const { auth, generatedToken } = accessPolicy(wanted, {
    noAuth: cliOptions.noAuth,
    environment: adapter.environment(),
  });
  adapter.unsetEnv(["TEECAM_TOKEN", "TEECAM_SECRET", ...systemdVariables]); // no camera's program needs them
  await requireFfmpeg(settings, log);
  let begun = false;
  const registry = new CameraRegistry({
    log,
    start(options) {
      try {
        return new Camera(options, adapter);
      } catch (error) {
        if (begun) throw error;
        return fail(`${message(error)}. See teecam --help`, wrongUse);
      }
    },
  });
  const shutdown = new AbortController();
  const server = await listen(settings, { auth, registry, shutdown: shutdown.signal, log });
  const end = gracefulShutdown({ server, registry, systemd, shutdown, exit: adapter.exit, log });
  adapter.onTerminate(end);
  await registry.apply(settings.cameras); // now that it is certain that they can be served
  begun = true;

  const { config } = cliOptions;
  if (config !== undefined) {
    const onRead = (read: Configuration) => {
      secrets = [...new Set([...secrets, ...read.secrets])]; // cameras that are replaced may still tell the former ones
    };
    const again = reloader({ read: () => read(config), cliOptions, started: settings, registry, onRead, log });
    adapter.onHangup(again);
    watchFile(config, again, { signal: shutdown.signal });
  } else {
    // Its terminal is gone, and there is nothing to read again. Kernel and shell may both say so: the second is no haste.
    adapter.onHangup(() => shutdown.signal.aborted || end("SIGHUP"));
  }

  const place = `${wanted.tls ? "https" : "http"}://${urlHost(wanted.hostname)}:${server.port}/`;
  const url = generatedToken === undefined ? place : `${place}?token=${generatedToken}`;
  print(`teecam ${version} shows ${[...registry.cameras.keys()].join(", ")} at ${url}`);
  systemd.ready();
  if (cliOptions.open) await openBrowser(url, { ...adapter, log });
}

function readArguments(): CliOptions {
  try {
    return parseCliOptions(adapter.args);
  } catch (error) {
    return fail(`${message(error)}. See teecam --help`, wrongUse);
  }
}

async function read(file: string): Promise<Configuration> {
  return parseConfiguration(await readText(file), { file, environment: adapter.environment() });
}

async function configure({ config }: CliOptions): Promise<Configuration> {
  if (config === undefined) return { server: {}, cameras: [], secrets: [] };
  try {
    return await read(config);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    for (const problem of error.diagnostics) console.error(problem);
    return adapter.exit(wrongUse);
  }
}

async function check(file: string): Promise<void> {
  const { cameras } = await configure({ ...readArguments(), config: file });
  print(`${file}: ${cameras.length} ${cameras.length === 1 ? "camera" : "cameras"}, no errors`);
}

function settle(cliOptions: CliOptions, configuration: Configuration): Settings {
  try {
    return mergeSettings(cliOptions, configuration);
  } catch (error) {
    return fail(`${message(error)}. See teecam --help`, wrongUse);
  }
}

function readVersion(): string {
  return JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
}

async function requireFfmpeg({ cameras }: Settings, log: Logger): Promise<void> {
  const needy = cameras.find(({ source }) => typeof source === "string" && parseSource(source).kind === "ffmpeg");
  if (!needy) return;
  try {
    const program = await adapter.spawn(["ffmpeg", "-version"]);
    if (program.unguarded) log.warn("{why}", { why: program.unguarded }); // which is said to the first one alone
    await program.exited;
  } catch (error) {
    const install = "apt install ffmpeg (Debian, Ubuntu), brew install ffmpeg (macOS), winget install ffmpeg (Windows)";
    fail(`Cannot start camera "${needy.id}": ${message(error)}. Install it: ${install}`, couldNotStart);
  }
}

async function listen(
  { server: { hostname, port, tls, allowHosts = [], allowOrigins, limits, stallAfter } }: Settings,
  {
    auth,
    registry,
    shutdown,
    log,
  }: { auth: AuthOptions | undefined; registry: CameraRegistry; shutdown: AbortSignal; log: Logger },
): Promise<Server> {
  const { connection } = adapter;
  const { cameras, changes: cameraChanges } = registry;
  const site = { allowHosts: [hostname, ...machineNames(), ...allowHosts], allowOrigins };
  const places = { ...limits, viewers: limits?.viewers ?? maxViewers(adapter.descriptorLimit()) };
  const options = { ...site, cameras, cameraChanges, shutdown, auth, connection, limits: places, stallAfter, log };
  try {
    return await adapter.serve((upgradeWebSocket) => createApp({ ...options, upgradeWebSocket }), {
      hostname,
      port,
      descriptor: inheritedSocket({ environment: adapter.environment(), pid: adapter.pid }),
      tls: tls && (await readCertificate(tls)),
      protocols: [subprotocol],
    });
  } catch (error) {
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    const why = taken ? "the port is in use; choose another one with --port" : message(error);
    return fail(`Cannot listen on ${hostname}:${port}: ${why}`, couldNotStart);
  }
}

/** `teecam sign`. */
async function sign(args: readonly string[]): Promise<void> {
  try {
    const request = parseSign(args);
    const configuration = request.config === undefined ? undefined : await read(request.config);
    print(await signQuery(request, { configuration, environment: adapter.environment() }));
  } catch (error) {
    fail(message(error), wrongUse);
  }
}

function urlHost(hostname: string): string {
  if (hostname === "0.0.0.0" || hostname === "::") return "localhost";
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function print(line: string): void {
  console.log(line);
}

function fail(line: string, code: number): never {
  console.error(`teecam: ${redact(line)}`);
  return adapter.exit(code);
}

await main();
