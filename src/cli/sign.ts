import { parseArgs } from "node:util";
import { type Right, rights } from "../auth/grant.ts";
import { sign } from "../auth/signed-url.ts";
import type { Configuration } from "../config/configuration.ts";
import { parseDuration } from "../config/units.ts";

/** What `teecam sign` is asked for. */
export interface SignRequest {
  readonly camera: string;
  readonly right: Right;
  /** Milliseconds for which the URL is to open the camera. */
  readonly lasts: number;
  /** The configuration whose secret, or token, signs; otherwise the environment's. */
  readonly config: string | undefined;
}

const usage = "teecam sign CAMERA --for 1h [--right view] [--config teecam.yaml]";

/** Reads the words behind `teecam sign`. Throws a `TypeError` that says what is wrong with them. */
export function parseSign(args: readonly string[]): SignRequest {
  const { values, positionals } = parse(args);
  const [camera, ...more] = positionals;
  if (camera === undefined || more.length > 0) throw new TypeError(`Cannot sign: name one camera, as in ${usage}`);
  const right = rights.find((known) => known === (values.right ?? "view"));
  if (!right) throw new TypeError(`Cannot sign right "${values.right}": it is one of ${rights.join(", ")}`);
  const lasts = parseDuration(values.for ?? "1h");
  if (!(lasts >= 1000)) throw new TypeError(`Cannot sign for "${values.for}": write 90s, 30min or 24h`);
  return { camera, right, lasts, config: values.config };
}

/** Where the secret comes from. */
export interface SignOptions {
  /** @default the environment's */
  readonly configuration?: Configuration | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Makes the query that opens the camera: it is put behind the URL of its stream, snapshot or WebSocket.
 *
 * Throws a `TypeError` where there is nothing to sign with, and for a camera that the configuration has not.
 */
export async function signQuery(
  { camera, right, lasts }: SignRequest,
  { configuration, environment }: SignOptions,
): Promise<string> {
  const known = configuration?.cameras.map(({ id }) => id);
  if (known && !known.includes(camera)) {
    throw new TypeError(`Cannot sign for camera "${camera}": the configuration has ${known.join(", ") || "none"}`);
  }
  const auth = configuration?.server.auth;
  const { token, secret = token } = (auth === "none" ? undefined : auth) ?? {
    token: environment.TEECAM_TOKEN,
    secret: environment.TEECAM_SECRET || undefined, // a variable may be set and empty
  };
  if (!secret) {
    throw new TypeError("Cannot sign: there is no secret; give --config FILE, or TEECAM_SECRET or TEECAM_TOKEN");
  }
  return `?${await sign(secret, { camera, right, expires: Math.ceil((Date.now() + lasts) / 1000) })}`;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { for: { type: "string" }, right: { type: "string" }, config: { type: "string" } },
    });
  } catch (error) {
    const [why] = (error instanceof Error ? error.message : String(error)).split(/\. (?=To specify)|\n/);
    throw new TypeError(`Cannot sign: ${why}; write ${usage}`, { cause: error });
  }
}
