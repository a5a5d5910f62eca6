import type { Certificate, ConnectionLimits, ServeOptions } from "../adapter/serve.ts";
import type { AppOptions } from "../app.ts";
import type { AuthOptions } from "../auth/token-store.ts";
import type { CameraOptions } from "../camera/options.ts";
import type { LogOptions } from "../log.ts";
import type { RtcOptions } from "../rtc/options.ts";
import type { Limits } from "../session/limits.ts";

/** A configuration file in the library's terms: milliseconds, bytes, absolute paths. Missing keys are undefined. */
export interface Configuration {
  readonly server: ServerConfiguration;
  /** In the order of the file, with unique ids. */
  readonly cameras: readonly CameraConfiguration[];
  /** Values to redact from all output: tokens, and values of environment variables. */
  readonly secrets: readonly string[];
}

/** The `server` section. */
export interface ServerConfiguration
  extends Partial<Pick<ServeOptions, "hostname" | "port">>,
    Pick<AppOptions, "stallAfter" | "allowHosts" | "allowOrigins"> {
  readonly limits?: (Limits & ConnectionLimits) | undefined;
  readonly log?: Partial<LogOptions> | undefined;
  /** `"none"` allows everybody to view, without a warning. */
  readonly auth?: AuthOptions | "none" | undefined;
  readonly tls?: CertificateFiles | undefined;
  /** `false` offers no WebRTC. */
  readonly rtc?: RtcOptions | false | undefined;
}

/** Paths of the PEM files that hold a {@link Certificate}. */
export type CertificateFiles = Readonly<Record<keyof Certificate, string>>;

/** One entry of the `cameras` section. `secrets` are the values of environment variables in it. */
export interface CameraConfiguration
  extends Omit<CameraOptions, "id" | "source" | "log">,
    Required<Pick<CameraOptions, "id" | "source">> {}
