import type { Driver, SourceOptions } from "./driver.ts";
import { type CommandSpec, command } from "./drivers/command.ts";
import { ffmpeg } from "./drivers/ffmpeg.ts";
import { http } from "./drivers/http.ts";
import { push } from "./drivers/push.ts";
import { slides } from "./drivers/slides.ts";
import { stdin } from "./drivers/stdin.ts";
import { dial, listen } from "./drivers/tcp.ts";
import { testcard } from "./drivers/testcard.ts";
import type { HttpOptions } from "./http/options.ts";
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
  slides,
  ffmpeg, // must be last: it takes every other text for a file or a URL
];

/**
 * Parses a source as written on the command line: `testcard:640x480@15`, `/dev/video0`, `rtsp://…`, `clip.mp4`,
 * `frames/*.jpg`, `tcp-listen://HOST:PORT`, `tcp://HOST:PORT`, `http://…`, `push`, `-`. An array is a program and its
 * arguments.
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
    firstFrameAfter: driver.firstFrameAfter?.(spec),
    pushSource: runner.pushSource,
    get input() {
      return runner.input;
    },
    get period() {
      return runner.period;
    },
    get isUnchanged() {
      return runner.isUnchanged;
    },
    open: (signal) => runner.open(signal),
    explain: () => runner.explain(),
    lastSign: () => runner.lastSign?.() ?? 0,
    close() {
      closed.abort();
      return runner.settled();
    },
  };
}

/** Returns the path of the file that a source reads, if any; a `*` in its last part stands for any characters. */
export function pathOf(spec: SourceSpec): string | undefined {
  return driverOf(spec).path?.(spec);
}

/** Settings that not every kind of source supports. */
export interface RunSettings extends Pick<SourceOptions, "loop" | "rtspTransport" | "inputFormat" | "size"> {
  /** Runs it only while there are readers, and this many milliseconds longer if it is a number. @default false */
  readonly onDemand?: boolean | number | undefined;
  /** Options of requests to an HTTP server. @default none */
  readonly http?: HttpOptions | undefined;
}

/** Returns the settings that a source does not support. */
export function unsupportedSettings(spec: SourceSpec, settings: RunSettings): (keyof RunSettings)[] {
  const { loop, onDemand = false, http = {}, rtspTransport, inputFormat, size } = settings;
  const driver = driverOf(spec);
  const medium = driver.medium?.(spec);
  const unsupported: (keyof RunSettings)[] = [];
  const isSet = Object.values(http).some((value) => value !== undefined);
  if (isSet && !driver.usesHttp?.(spec)) unsupported.push("http");
  if (loop && !driver.canLoop?.(spec)) unsupported.push("loop");
  if (onDemand !== false && !driver.canStart?.(spec)) unsupported.push("onDemand");
  if (rtspTransport !== undefined && medium !== "rtsp") unsupported.push("rtspTransport");
  if (inputFormat !== undefined && medium !== "device") unsupported.push("inputFormat");
  if (size !== undefined && medium !== "device") unsupported.push("size");
  return unsupported;
}

/** Error messages that say which sources support a setting. */
export const settingNeeds: Readonly<Record<keyof RunSettings, string>> = {
  loop: "only a file can be played again",
  onDemand: "this source comes by itself, only what teecam starts can wait",
  rtspTransport: "only an RTSP camera has transports",
  inputFormat: "only a device is asked for a format",
  size: "only a device is asked for a size",
  http: "only a source that begins with http:// or https:// has this setting",
};

function commandSpec(argv: Argv): CommandSpec {
  return { kind: "command", argv };
}

function driverOf({ kind }: SourceSpec): Driver {
  const driver = drivers.find((candidate) => candidate.kind === kind);
  if (!driver) throw new TypeError(`Cannot find a driver for sources of kind "${kind}"`);
  return driver;
}
