/** Where events go, one line each; `message` may name properties in braces: `Camera {camera} is {state}`. */
export interface Logger {
  debug(message: string, properties?: Record<string, unknown>): void;
  info(message: string, properties?: Record<string, unknown>): void;
  warn(message: string, properties?: Record<string, unknown>): void;
  error(message: string, properties?: Record<string, unknown>): void;
}

/** A logger that keeps silent, for those who do not bring one. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
