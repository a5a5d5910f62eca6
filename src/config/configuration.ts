import type { Right } from "../auth/grant.ts";
import type { LogFormat, LogLevel } from "../log.ts";
import type { Argv } from "../source/source.ts";

/** What a configuration file says, in the words of the library: milliseconds and bytes. What it leaves out is undefined. */
export interface Configuration {
  readonly server: ServerConfiguration;
  /** In the order of the file; ids differ. */
  readonly cameras: readonly CameraConfiguration[];
  /** What must appear nowhere: values that came from the environment, and tokens. */
  readonly secrets: readonly string[];
}

/** The section `server`. */
export interface ServerConfiguration {
  readonly hostname?: string | undefined;
  readonly port?: number | undefined;
  /** Milliseconds without progress after which a viewer is let go. */
  readonly stallAfter?: number | undefined;
  readonly log?: { readonly level?: LogLevel | undefined; readonly format?: LogFormat | undefined } | undefined;
  /** Who may look; "none" is everybody, and no warning about it. */
  readonly auth?: AuthConfiguration | "none" | undefined;
  readonly allowHosts?: readonly string[] | undefined;
  readonly allowOrigins?: readonly string[] | undefined;
  readonly limits?:
    | {
        readonly viewers?: number | undefined;
        readonly viewersPerCamera?: number | undefined;
        readonly viewersPerAddress?: number | undefined;
      }
    | undefined;
  /** Absolute paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

/** The section `server.auth`. */
export interface AuthConfiguration {
  readonly token?: string | undefined;
  readonly tokens?:
    | readonly {
        readonly name?: string | undefined;
        readonly token: string;
        readonly cameras?: readonly string[] | undefined;
        readonly rights?: readonly Right[] | undefined;
      }[]
    | undefined;
  readonly secret?: string | undefined;
}

/** One of the section `cameras`. */
export interface CameraConfiguration {
  readonly id: string;
  readonly source: string | Argv;
  readonly onDemand?: boolean | number | undefined;
  readonly loop?: boolean | undefined;
  readonly fps?: number | undefined;
  readonly maxFrameSize?: number | undefined;
  readonly warmup?: number | undefined;
  readonly firstFrameAfter?: number | undefined;
  readonly stallAfter?: number | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly predict?: PredictConfiguration | undefined;
  /** Those a viewer may choose, by name. */
  readonly predictors?: Readonly<Record<string, PredictConfiguration>> | undefined;
  /** What came from the environment into these settings, if anything did. */
  readonly secrets?: readonly string[] | undefined;
}

/** A predictor: "motion", which is built in, a program, or a module, by its absolute path. */
export type PredictConfiguration =
  | "motion"
  | (PredictLimits & { readonly command: Argv })
  | (PredictLimits & { readonly module: string });

/** What each predictor may be told. */
export interface PredictLimits {
  /** Milliseconds for each answer. */
  readonly deadline?: number | undefined;
  readonly fps?: number | undefined;
  /** Bytes. */
  readonly memory?: number | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}
