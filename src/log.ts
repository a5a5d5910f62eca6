/** Where events go, one line each; `message` may name properties in braces: `Camera {camera} is {state}`. */
export interface Logger {
  debug(message: string, properties?: Record<string, unknown>): void;
  info(message: string, properties?: Record<string, unknown>): void;
  warn(message: string, properties?: Record<string, unknown>): void;
  error(message: string, properties?: Record<string, unknown>): void;
}

/** A logger that keeps silent, for those who do not bring one. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** How much is logged. */
export type LogLevel = (typeof logLevels)[number];

/** The levels there are, from the one that tells most. */
export const logLevels = ["debug", "info", "warning", "error"] as const;

/** How a line of the log is written: for people, or as JSON. */
export type LogFormat = (typeof logFormats)[number];

/** The formats there are. */
export const logFormats = ["text", "json"] as const;
