/**
 * Receives log events. `message` is one line and names properties in braces: `{camera} {state}: {detail}`. The `console` is
 * one, and gets sentences in which they are filled in.
 *
 * @example
 * ```ts
 * const front = camera({ id: "front", log: console });
 * const write = (message: string, properties?: Record<string, unknown>) => myLog.write({ message, ...properties });
 * const app = createApp({ cameras, log: { debug() {}, info: write, warn: write, error: write } });
 * ```
 */
export interface Logger {
  debug(message: string, properties?: Record<string, unknown>): void;
  info(message: string, properties?: Record<string, unknown>): void;
  warn(message: string, properties?: Record<string, unknown>): void;
  error(message: string, properties?: Record<string, unknown>): void;
}

/** A logger that discards everything. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** A logger that writes warnings and errors to the console, used by the library where none is given. */
export const warnings: Logger = { ...silent, warn: toConsole("warn"), error: toConsole("error") };

/** Returns a logger for what the host of the library gave: {@link warnings} for nothing; the console gets whole sentences. */
export function loggerOf(log: Logger | undefined): Logger {
  if (log !== console) return log ?? warnings;
  return { debug: toConsole("debug"), info: toConsole("info"), warn: toConsole("warn"), error: toConsole("error") };
}

function toConsole(level: keyof Logger): Logger[keyof Logger] {
  return (message, properties = {}) => {
    const errors = Object.values(properties).filter((value) => value instanceof Error);
    console[level](`teecam: ${fill(message, properties)}`, ...errors); // an error brings its stack
  };
}

const textOf = (value: unknown) => (value instanceof Error ? value.message : String(value));

/** Inserts the properties that a message names in braces. */
function fill(message: string, properties: Readonly<Record<string, unknown>>): string {
  const text = message.replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(properties, name) ? textOf(properties[name]) : whole,
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: paths and names come from outside, and could forge a line
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, (character) => JSON.stringify(character).slice(1, -1));
}

/** Which events are logged, and in which format. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

/** The lowest level that is logged. */
export type LogLevel = (typeof logLevels)[number];

/** All log levels, from the most verbose one on. */
export const logLevels = ["debug", "info", "warning", "error"] as const;

/** The format of a log line: text for people, or JSON. */
export type LogFormat = (typeof logFormats)[number];

/** All log formats. */
export const logFormats = ["text", "json"] as const;
