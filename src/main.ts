#!/usr/bin/env tsx
import { readFileSync } from "node:fs";
import * as adapter from "#adapter";
import { createApp } from "./app.ts";
import { type Arguments, help, parseArguments } from "./arguments.ts";
import { ownNames, placesFor, protect } from "./auth/exposure.ts";
import type { AuthOptions } from "./auth/keys.ts";
import { openBrowser } from "./browser.ts";
import { Camera } from "./camera/camera.ts";
import { redact } from "./capture/redact.ts";
import { parseSource } from "./capture/source.ts";
import { readCertificate } from "./certificate.ts";
import type { Configuration } from "./config/configuration.ts";
import { jsonSchema } from "./config/editor.ts";
import { ConfigurationError } from "./config/error.ts";
import { parseConfiguration } from "./config/read.ts";
import { readText } from "./config/text.ts";
import { watchFile } from "./config/watch.ts";
import { endOnce } from "./ending.ts";
import { Fleet } from "./fleet.ts";
import type { Logger } from "./log.ts";
import { startLog } from "./logging.ts";
import { inheritedSocket, notifier, systemdVariables } from "./notify.ts";
import { reloader } from "./reload.ts";
import type { Server } from "./serve.ts";
import { combine, type Settings } from "./settings.ts";
import { parseSign, signQuery } from "./sign.ts";

const wrongUse = 2;
const couldNotStart = 1;

async function main(): Promise<void> {
  adapter.outliveReaders();
  const [first, ...others] = adapter.args;
  if (first === "sign") return await sign(others);
  const wishes = readArguments();
  if (wishes.help) return print(help.trimEnd());
  const version = readVersion();
  if (wishes.version) return print(`teecam ${version} (${adapter.runtime})`);
  if (wishes.schema) return print(JSON.stringify(jsonSchema(), null, 2));
  if (wishes.check !== undefined) return await check(wishes.check);

  const configuration = await configure(wishes);
  let { secrets } = configuration;
  const settings = settle(wishes, configuration);
  const { server: wanted } = settings;
  const format = wanted.log.format ?? (adapter.isTerminal() ? "text" : "json");
  const log = startLog({ ...wanted.log, format, secrets: () => secrets });
  const service = notifier({ ...adapter, environment: adapter.environment(), log });
  const { auth, made } = protect(wanted, { noAuth: wishes.noAuth, environment: adapter.environment() });
  adapter.withhold(["TEECAM_TOKEN", "TEECAM_SECRET", ...systemdVariables]); // no camera's program needs them
  await requireFfmpeg(settings, log);
  let begun = false;
  const fleet = new Fleet({
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
  const ending = new AbortController();
  const server = await listen(settings, { auth, fleet, ending: ending.signal, log });
  const end = endOnce({ server, fleet, service, ending, exit: adapter.exit, log });
  adapter.onEnd(end);
  await fleet.apply(settings.cameras); // now that it is certain that they can be served
  begun = true;

  const { config } = wishes;
  if (config !== undefined) {
    const onRead = (read: Configuration) => {
      secrets = [...new Set([...secrets, ...read.secrets])]; // cameras that are replaced may still tell the former ones
    };
    const again = reloader({ read: () => read(config), wishes, started: settings, fleet, onRead, log });
    adapter.onHangup(again);
    watchFile(config, again, { signal: ending.signal });
  } else {
    // Its terminal is gone, and there is nothing to read again. Kernel and shell may both say so: the second is no haste.
    adapter.onHangup(() => ending.signal.aborted || end("SIGHUP"));
  }

  const place = `${wanted.tls ? "https" : "http"}://${urlHost(wanted.hostname)}:${server.port}/`;
  const url = made === undefined ? place : `${place}?token=${made}`;
  print(`teecam ${version} shows ${[...fleet.cameras.keys()].join(", ")} at ${url}`);
  service.ready();
  if (wishes.open) await openBrowser(url, { ...adapter, log });
}

function readArguments(): Arguments {
  try {
    return parseArguments(adapter.args);
  } catch (error) {
    return fail(`${message(error)}. See teecam --help`, wrongUse);
  }
}

async function read(file: string): Promise<Configuration> {
  return parseConfiguration(await readText(file), { file, environment: adapter.environment() });
}

async function configure({ config }: Arguments): Promise<Configuration> {
  if (config === undefined) return { server: {}, cameras: [], secrets: [] };
  try {
    return await read(config);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    for (const problem of error.problems) console.error(problem);
    return adapter.exit(wrongUse);
  }
}

async function check(file: string): Promise<void> {
  const { cameras } = await configure({ ...readArguments(), config: file });
  print(`${file}: ${cameras.length} ${cameras.length === 1 ? "camera" : "cameras"}, no errors`);
}

function settle(wishes: Arguments, configuration: Configuration): Settings {
  try {
    return combine(wishes, configuration);
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
  { auth, fleet, ending, log }: { auth: AuthOptions | undefined; fleet: Fleet; ending: AbortSignal; log: Logger },
): Promise<Server> {
  const { connection } = adapter;
  const { cameras, changes } = fleet;
  const site = { allowHosts: [hostname, ...ownNames(), ...allowHosts], allowOrigins };
  const places = { ...limits, viewers: limits?.viewers ?? placesFor(adapter.descriptorLimit()) };
  const options = { ...site, cameras, changes, ending, auth, connection, limits: places, stallAfter, log };
  try {
    return await adapter.serve((upgradeWebSocket) => createApp({ ...options, upgradeWebSocket }), {
      hostname,
      port,
      descriptor: inheritedSocket({ environment: adapter.environment(), pid: adapter.pid }),
      tls: tls && (await readCertificate(tls)),
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
