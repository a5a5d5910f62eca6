#!/usr/bin/env tsx
import { readFileSync } from "node:fs";
import { platform } from "node:os";
import { configureSync, getLogger, getTextFormatter } from "@logtape/logtape";
import * as adapter from "#adapter";
import { createApp } from "./app.ts";
import { type Arguments, help, type LogLevel, parseArguments } from "./arguments.ts";
import { Camera } from "./camera.ts";
import { redact } from "./capture/redact.ts";
import { parseSource } from "./capture/source.ts";
import type { Logger } from "./log.ts";
import type { Server } from "./serve.ts";
import { isLoopback } from "./session.ts";

const grace = 4000; // milliseconds for viewers' streams to end
const wrongUse = 2;
const couldNotStart = 1;

async function main(): Promise<void> {
  const wishes = readArguments();
  if (wishes.help) return print(help.trimEnd());
  const version = readVersion();
  if (wishes.version) return print(`teecam ${version} (${adapter.runtime})`);

  const log = makeLogger(wishes.logLevel);
  await requireFfmpeg(wishes);
  const cameras = new Map<string, Camera>();
  const server = await listen(wishes, cameras, log);
  adapter.onEnd(endOnce(server, cameras, log));
  startCameras(cameras, wishes, log); // now that it is certain that they can be served

  const url = `http://${urlHost(wishes.hostname)}:${server.port}/`;
  print(`teecam ${version} shows ${[...cameras.keys()].join(", ")} at ${url}`);
  const isOwn = wishes.hostname === "localhost" || isLoopback(wishes.hostname);
  if (!isOwn && !wishes.noAuth) {
    log.warn("Everybody who reaches {host} can look: there is no password. --no-auth silences this warning", {
      host: wishes.hostname,
    });
  }
  if (wishes.open) await openBrowser(url, log);
}

function readArguments(): Arguments {
  try {
    return parseArguments(adapter.args);
  } catch (error) {
    return fail(`${message(error)}. See teecam --help`, wrongUse);
  }
}

function readVersion(): string {
  return JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
}

function makeLogger(lowestLevel: LogLevel): Logger {
  const format = getTextFormatter({ timestamp: "time", value: "bare", format: formatLine });
  configureSync({
    sinks: { stderr: (record) => console.error(format(record).trimEnd()) },
    loggers: [
      { category: "teecam", lowestLevel, sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    ],
  });
  return getLogger("teecam");
}

function formatLine({
  timestamp,
  level,
  message,
}: {
  timestamp: string | null;
  level: string;
  message: string;
}): string {
  return `${timestamp} ${level} ${message}`;
}

async function requireFfmpeg({ cameras }: Arguments): Promise<void> {
  const needy = cameras.find(({ source }) => typeof source === "string" && parseSource(source).kind === "ffmpeg");
  if (!needy) return;
  try {
    await (await adapter.spawn(["ffmpeg", "-version"])).exited;
  } catch (error) {
    const install = "apt install ffmpeg (Debian, Ubuntu), brew install ffmpeg (macOS), winget install ffmpeg (Windows)";
    fail(`Cannot start camera "${needy.id}": ${message(error)}. Install it: ${install}`, couldNotStart);
  }
}

function startCameras(started: Map<string, Camera>, { cameras }: Arguments, log: Logger): void {
  try {
    for (const { id, source } of cameras) started.set(id, new Camera({ id, source, log }, adapter));
  } catch (error) {
    fail(`${message(error)}. See teecam --help`, wrongUse);
  }
}

async function listen(
  { hostname, port }: Arguments,
  cameras: ReadonlyMap<string, Camera>,
  log: Logger,
): Promise<Server> {
  const { connection } = adapter;
  try {
    return await adapter.serve((upgradeWebSocket) => createApp({ cameras, upgradeWebSocket, connection, log }), {
      hostname,
      port,
    });
  } catch (error) {
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    const why = taken ? "the port is in use; choose another one with --port" : message(error);
    return fail(`Cannot listen on ${hostname}:${port}: ${why}`, couldNotStart);
  }
}

/** The first request to end lets viewers' streams end and children die; the second one does not wait. */
function endOnce(server: Server, cameras: ReadonlyMap<string, Camera>, log: Logger): (signal: string) => void {
  let ending = false;
  return (signal) => {
    if (ending) adapter.exit(couldNotStart);
    ending = true;
    log.info("Ending, as {signal} asks", { signal });
    const closed = [...cameras.values()].map((camera) => camera.close());
    void Promise.allSettled([server.close(grace), ...closed]).then(() => adapter.exit(0));
  };
}

async function openBrowser(url: string, log: Logger): Promise<void> {
  const opener = platform() === "darwin" ? "open" : platform() === "win32" ? "explorer" : "xdg-open";
  try {
    await adapter.spawn([opener, url]);
  } catch (error) {
    log.warn("Cannot open a browser: {why}", { why: message(error) });
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
