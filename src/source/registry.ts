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
  ffmpeg, // the last one, since it takes whatever is left for a file or a URL
];

/**
 * Reads a source as the command line takes it: `testcard:640x480@15`, `/dev/video0`, `rtsp://…`, `clip.mp4`,
 * `frames/*.jpg`, `tcp-listen://HOST:PORT`, `tcp://HOST:PORT`, `http://…`, `push`, `-`. A list of words is a program and its arguments.
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
    open: (signal) => runner.open(signal),
    explain: () => runner.explain(),
    lastSign: () => runner.lastSign?.() ?? 0,
    close() {
      closed.abort();
      return runner.settled();
    },
  };
}

/** Returns the path of what a source reads, if that is a file; a `*` in its last part stands for any characters. */
export function pathOf(spec: SourceSpec): string | undefined {
  return driverOf(spec).path?.(spec);
}

/** Settings that not every source can be run with. */
export interface RunSettings extends Pick<SourceOptions, "loop" | "rtspTransport" | "inputFormat" | "size"> {
  /** Runs it only while somebody watches; `true`, or for how many milliseconds longer. @default false */
  readonly onDemand?: boolean | number | undefined;
  /** How to ask an HTTP server. @default as a browser would */
  readonly http?: HttpOptions | undefined;
}

/** Lists the settings that a source cannot be run with. */
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

/** Says for each setting what a source would need to be run with it. */
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
