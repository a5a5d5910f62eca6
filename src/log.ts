/**
 * Receives log events. `message` is one line and names properties in braces: `{camera} {state}: {detail}`.
 *
 * @example
 * ```ts
 * const write = (message: string, properties?: Record<string, unknown>) => console.error(message, properties);
 * const front = camera({ id: "front", log: { debug() {}, info: write, warn: write, error: write } });
 * ```
 */
export interface Logger {
  debug(message: string, properties?: Record<string, unknown>): void;
  info(message: string, properties?: Record<string, unknown>): void;
  warn(message: string, properties?: Record<string, unknown>): void;
  error(message: string, properties?: Record<string, unknown>): void;
}

/** A logger that discards everything, used where none is given. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

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
