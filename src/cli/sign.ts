import { parseArgs } from "node:util";
import { rights } from "../auth/grant.ts";
import { type SignedUrlClaims, sign as signClaims } from "../auth/signed-url.ts";
import { minTokenLength } from "../auth/token-store.ts";
import type { Configuration } from "../config/configuration.ts";
import type { Environment } from "../config/interpolate.ts";
import { parseDuration } from "../config/units.ts";
import { readConfiguration } from "./configuration.ts";
import { CliError, messageOf, usageError } from "./error.ts";

/** The parsed arguments of `teecam sign`. */
interface SignRequest extends Pick<SignedUrlClaims, "camera" | "right"> {
  /** Milliseconds for which the URL is valid. */
  readonly duration: number;
  /** The configuration file whose secret or token signs. @default those of the environment */
  readonly config: string | undefined;
}

const usage = "teecam sign CAMERA --for 1h [--right view] [--config teecam.yaml]";

/**
 * Runs `teecam sign`: returns the query string to append to the URL of a camera's stream, snapshot or WebSocket.
 *
 * Rejects with a `CliError` for wrong arguments, without a secret, and for a camera that the configuration does not have.
 */
export async function sign(args: readonly string[], environment: Environment): Promise<string> {
  const { camera, right, duration, config } = parse(args);
  const configuration = config === undefined ? undefined : await readConfiguration(config, environment);
  const ids = configuration?.cameras.map(({ id }) => id);
  if (ids && !ids.includes(camera)) {
    throw wrong(`Cannot sign for camera "${camera}": the configuration has ${ids.join(", ") || "none"}`);
  }
  const secret = secretOf(configuration, environment);
  if (!secret) throw wrong("Cannot sign: there is no secret; give --config FILE, or set TEECAM_SECRET or TEECAM_TOKEN");
  if (secret.length < minTokenLength) {
    throw wrong(`Cannot sign: the secret has fewer than ${minTokenLength} characters, which no server takes`);
  }
  const expires = Math.ceil((Date.now() + duration) / 1000);
  return `?${await signClaims(secret, { camera, right, expires })}`;
}

function secretOf(configuration: Configuration | undefined, environment: Environment): string | undefined {
  const auth = configuration?.server.auth;
  const { TEECAM_TOKEN, TEECAM_SECRET } = environment;
  const { token, secret } = (auth === "none" ? undefined : auth) ?? { token: TEECAM_TOKEN, secret: TEECAM_SECRET };
  return secret || token; // a variable may be set and empty
}

function parse(args: readonly string[]): SignRequest {
  const { values, positionals } = parseOptions(args);
  const [camera, ...more] = positionals;
  if (camera === undefined || more.length > 0) throw wrong(`Cannot sign: name one camera, as in ${usage}`);
  const right = rights.find((one) => one === (values.right ?? "view"));
  if (!right) throw wrong(`Cannot sign right "${values.right}": use one of ${rights.join(", ")}`);
  const duration = parseDuration(values.for ?? "1h");
  if (!(duration >= 1000)) throw wrong(`Cannot sign for "${values.for}": write 90s, 30min or 24h`);
  return { camera, right, duration, config: values.config };
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { for: { type: "string" }, right: { type: "string" }, config: { type: "string" } },
    });
  } catch (error) {
    const [why] = messageOf(error).split(/\. (?=To specify)|\n/);
    throw wrong(`Cannot sign: ${why}; write ${usage}`, error);
  }
}

function wrong(message: string, cause?: unknown): CliError {
  return new CliError(message, { exitCode: usageError, cause });
}
