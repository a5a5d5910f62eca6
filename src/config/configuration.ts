import type { Certificate, ConnectionLimits, ServeOptions } from "../adapter/serve.ts";
import type { AppOptions } from "../app.ts";
import type { AuthOptions } from "../auth/token-store.ts";
import type { CameraOptions } from "../camera/options.ts";
import type { LogOptions } from "../log.ts";
import type { Limits } from "../session/limits.ts";

/** A configuration file in the library's terms: milliseconds, bytes, absolute paths. Keys left out are undefined. */
export interface Configuration {
  readonly server: ServerConfiguration;
  /** In the order of the file, with unique ids. */
  readonly cameras: readonly CameraConfiguration[];
  /** Values to keep out of every output: tokens, and what came from the environment. */
  readonly secrets: readonly string[];
}

/** The `server` section. */
export interface ServerConfiguration
  extends Partial<Pick<ServeOptions, "hostname" | "port">>,
    Pick<AppOptions, "stallAfter" | "allowHosts" | "allowOrigins"> {
  readonly limits?: (Limits & ConnectionLimits) | undefined;
  readonly log?: Partial<LogOptions> | undefined;
  /** "none" lets everybody in without a warning. */
  readonly auth?: AuthOptions | "none" | undefined;
  readonly tls?: CertificateFiles | undefined;
}

/** Paths of the PEM files that hold a {@link Certificate}. */
export type CertificateFiles = Readonly<Record<keyof Certificate, string>>;

/** One entry of the `cameras` section. `secrets` are the values that came from the environment. */
export interface CameraConfiguration
  extends Omit<CameraOptions, "id" | "source" | "log">,
    Required<Pick<CameraOptions, "id" | "source">> {}
