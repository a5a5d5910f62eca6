import { parseArgs } from "node:util";
import { isHost } from "../auth/hosts.ts";
import { isOrigin } from "../auth/origins.ts";
import type { CameraConfiguration, CertificateFiles, ServerConfiguration } from "../config/configuration.ts";
import { logFormats, logLevels } from "../log.ts";
import { parseCameras } from "./camera-arguments.ts";
import { messageOf } from "./error.ts";

/** The parsed command line. */
export interface CliOptions extends Pick<ServerConfiguration, "hostname" | "port" | "log" | "tls"> {
  readonly allowHosts: readonly string[];
  readonly allowOrigins: readonly string[];
  readonly help: boolean;
  readonly version: boolean;
  /** The configuration file of `teecam check`. */
  readonly check?: string | undefined;
  /** It is `teecam schema`. */
  readonly schema: boolean;
  /** A configuration file. */
  readonly config?: string | undefined;
  readonly noAuth: boolean;
  readonly open: boolean;
  /** In their order, with unique ids. */
  readonly cameras: readonly Pick<CameraConfiguration, "id" | "source" | "loop">[];
}

/** Parses the command line. Throws a `TypeError` that says what is wrong with it and what would be right. */
export function parseCliOptions(args: readonly string[]): CliOptions {
  const separator = args.indexOf("--");
  const { values, tokens, positionals } = parse(separator < 0 ? args : args.slice(0, separator));
  const [subcommand, file, ...more] = positionals;
  const isCheck = subcommand === "check";
  const isSchema = subcommand === "schema";
  if (isCheck && (file === undefined || more.length > 0 || separator >= 0)) {
    throw new TypeError("Cannot check: write teecam check FILE");
  }
  if (isSchema && (file !== undefined || separator >= 0)) {
    throw new TypeError("Cannot print the schema: write teecam schema");
  }
  const command = separator < 0 ? undefined : args.slice(separator + 1);
  return {
    help: values.help ?? false,
    version: values.version ?? false,
    check: isCheck ? file : undefined,
    schema: isSchema,
    config: values.config,
    hostname: values.host,
    port: values.port === undefined ? undefined : parsePort(values.port),
    allowHosts: parseAll("host", values["allow-host"], isHost),
    allowOrigins: parseAll("origin", values["allow-origin"], isOrigin),
    noAuth: values["no-auth"] ?? false,
    open: values.open ?? false,
    log: {
      level: parseChoice("log level", values["log-level"], logLevels),
      format: parseChoice("log format", values["log-format"], logFormats),
    },
    tls: parseTls(values),
    cameras: isCheck || isSchema ? [] : parseCameras(tokens, { command, loop: values.loop }),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      tokens: true,
      options: {
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
        name: { type: "string", multiple: true },
        config: { type: "string" },
        host: { type: "string" },
        port: { type: "string" },
        "allow-host": { type: "string", multiple: true },
        "allow-origin": { type: "string", multiple: true },
        "no-auth": { type: "boolean" },
        open: { type: "boolean" },
        loop: { type: "boolean" },
        "log-level": { type: "string" },
        "log-format": { type: "string" },
        cert: { type: "string" },
        key: { type: "string" },
      },
    });
  } catch (error) {
    const [sentence] = messageOf(error).split(/\. (?=To specify)|\n/); // the rest is advice that does not apply here
    throw new TypeError(sentence, { cause: error });
  }
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65535) {
    throw new TypeError(`Cannot use port "${text}": a port is a number from 0 to 65535`);
  }
  return port;
}

const allowed = {
  host: "a name such as cam.example.org, without scheme and path",
  origin: "an origin such as https://dash.example.org, without a path",
} as const;

function parseAll(
  what: keyof typeof allowed,
  texts: readonly string[] = [],
  isValid: (text: string) => boolean,
): readonly string[] {
  const bad = texts.find((text) => !isValid(text));
  if (bad !== undefined) throw new TypeError(`Cannot allow ${what} "${bad}": write ${allowed[what]}`);
  return texts;
}

function parseTls({ cert, key }: Partial<CertificateFiles>): CliOptions["tls"] {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new TypeError("Cannot serve HTTPS: give both --cert and --key");
  }
  return { cert, key };
}

function parseChoice<T extends string>(option: string, text: string | undefined, choices: readonly T[]): T | undefined {
  const choice = choices.find((one) => one === text);
  if (text !== undefined && choice === undefined) {
    throw new TypeError(`Cannot use ${option} "${text}": use one of ${choices.join(", ")}`);
  }
  return choice;
}
