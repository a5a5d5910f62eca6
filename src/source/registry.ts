import type { Driver, SourceOptions } from "./driver.ts";
import { type CommandSpec, command } from "./drivers/command.ts";
import { ffmpeg } from "./drivers/ffmpeg.ts";
import { http } from "./drivers/http.ts";
import { push } from "./drivers/push.ts";
import { stdin } from "./drivers/stdin.ts";
import { dial, listen } from "./drivers/tcp.ts";
import { testcard } from "./drivers/testcard.ts";
import type { Argv, Source, SourceSpec } from "./source.ts";
import { invalidSource, readSpelling } from "./spelling.ts";

/** All drivers. The first one whose `parse` accepts a source runs it. */
const drivers: readonly Driver[] = [
  stdin,
  push,
  testcard,
  listen,
  dial,
  http,
  command,
  ffmpeg, // must be last: it takes every other text for a file or a URL
];

/**
 * Parses a source as written on the command line: `testcard:640x480@15`, `/dev/video0`, `rtsp://…`, `clip.mp4`,
 * `tcp-listen://HOST:PORT`, `tcp://HOST:PORT`, `http://…`, `push`, `-`. An array is a program and its arguments.
 *
 * Throws a `TypeError` that says what is wrong and how to write it.
 */
export function parseSource(source: string | Argv): SourceSpec {
  if (typeof source !== "string") return commandSpec(source);
  const spelling = readSpelling(source);
  for (const driver of drivers) {
    const spec = driver.parse?.(spelling);
    if (spec) return spec;
  }
  throw invalidSource(source, "unknown kind of source");
}

/** Describes a source in one line, without the secrets in its URL. */
export function describeSource(spec: SourceSpec): string {
  return driverOf(spec).describe(spec);
}

/** Creates a source; opens and starts nothing before the first call of its `open`. */
export function createSource(spec: SourceSpec, options: SourceOptions): Source {
  const driver = driverOf(spec);
  const closed = new AbortController();
  const runner = driver.create(spec, { ...options, signal: closed.signal });
  return {
    kind: spec.kind,
    description: driver.describe(spec),
    hasEnd: driver.hasEnd?.(spec) ?? false,
    awaited: driver.awaited?.(spec) ?? false,
    pushSource: runner.pushSource,
    get input() {
      return runner.input;
    },
    open: (signal) => runner.open(signal),
    explain: () => runner.explain(),
    close() {
      closed.abort();
      return runner.settled();
    },
  };
}

/** Settings that not every kind of source supports. */
export interface SourceSettings {
  /** Plays it over and over again. @default false */
  readonly loop?: boolean | undefined;
  /** Runs it only while there are readers, and this many milliseconds longer if it is a number. @default false */
  readonly onDemand?: boolean | number | undefined;
}

/** Returns the settings that a source does not support: `loop` needs a file, `onDemand` a source that teecam starts. */
export function unsupportedSettings(spec: SourceSpec, { loop, onDemand }: SourceSettings): (keyof SourceSettings)[] {
  const driver = driverOf(spec);
  const unsupported: (keyof SourceSettings)[] = [];
  if (loop && !driver.canLoop?.(spec)) unsupported.push("loop");
  if (onDemand !== undefined && onDemand !== false && !driver.canStart?.(spec)) unsupported.push("onDemand");
  return unsupported;
}

function commandSpec(argv: Argv): CommandSpec {
  return { kind: "command", argv };
}

function driverOf({ kind }: SourceSpec): Driver {
  const driver = drivers.find((candidate) => candidate.kind === kind);
  if (!driver) throw new TypeError(`Cannot find a driver for sources of kind "${kind}"`);
  return driver;
}
