import type { z } from "zod";
import { parseSource, type RunSettings, settingNeeds, unsupportedSettings } from "../source/registry.ts";
import type { Argv, SourceSpec } from "../source/source.ts";

/** The keys of a camera that its kind of source must support. */
export interface SourceSettings {
  readonly source?: string | undefined;
  readonly command?: Argv | undefined;
  readonly loop?: boolean | undefined;
  readonly on_demand?: boolean | number | undefined;
  readonly rtsp_transport?: RunSettings["rtspTransport"];
  readonly input_format?: string | undefined;
  readonly size?: string | undefined;
  readonly headers?: unknown;
  readonly tls?: unknown;
  readonly allow_link_local?: boolean | undefined;
}

const settingKeys = {
  loop: "loop",
  onDemand: "on_demand",
  rtspTransport: "rtsp_transport",
  inputFormat: "input_format",
  size: "size",
  http: "tls",
} as const satisfies Record<keyof RunSettings, keyof SourceSettings>;

/** Reports a camera without a source, or with two, and settings that its kind of source does not support. */
export function checkSettings({ source, command, ...settings }: SourceSettings, context: z.RefinementCtx): void {
  if ((source === undefined) === (command === undefined)) {
    context.addIssue({ code: "custom", message: "either source or command", input: undefined });
    return;
  }
  const spec = parseOrUndefined(command ?? source);
  if (!spec) return;
  const { loop, on_demand: onDemand, rtsp_transport: rtspTransport, input_format: inputFormat, size } = settings;
  for (const name of unsupportedSettings(spec, { loop, onDemand, rtspTransport, inputFormat, size })) {
    const key = settingKeys[name];
    const message = `${isSwitch(name) ? "false" : "nothing"}: ${settingNeeds[name]}`;
    context.addIssue({ code: "custom", path: [key], message, input: settings[key] });
  }
  for (const key of ["headers", "tls", "allow_link_local"] as const) {
    if (settings[key] === undefined || unsupportedSettings(spec, { http: { headers: {} } }).length === 0) continue;
    context.addIssue({ code: "custom", path: [key], message: `nothing: ${settingNeeds.http}`, input: settings[key] });
  }
}

/** Returns what is wrong with the text of a source; undefined if it is one. */
export function whyNoSource(source: string): string | undefined {
  try {
    parseSource(source);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return `a source: ${message.slice(message.lastIndexOf('": ') + 3)}`;
  }
}

function isSwitch(name: keyof RunSettings): boolean {
  return name === "loop" || name === "onDemand";
}

function parseOrUndefined(source: string | Argv | undefined): SourceSpec | undefined {
  try {
    return source === undefined ? undefined : parseSource(source);
  } catch {
    return undefined;
  }
}
