import { parseArgs } from "node:util";
import { rights } from "../auth/grant.ts";
import { type SignedUrlClaims, sign as signClaims } from "../auth/signed-url.ts";
import { minTokenLength } from "../auth/token-store.ts";
import type { Configuration } from "../config/configuration.ts";
import { id } from "../config/fields.ts";
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
  /** Address of the page, for whole URLs. @default none, only the query is printed */
  readonly url: URL | undefined;
}

const usage = "teecam sign CAMERA --for 1h [--right view] [--url http://cams.lan:8000] [--config teecam.yaml]";
const timeout = 5000; // milliseconds for the server to tell whether the camera exists

/**
 * Runs `teecam sign`: returns the query string to append to the URL of a camera's stream, snapshot or WebSocket; with `--url`
 * the whole URLs, one a line.
 *
 * Rejects with a `CliError` for wrong arguments, without a secret, and for a camera that the configuration does not have or,
 * with `--url`, that the server does not show with this signature.
 */
export async function sign(args: readonly string[], environment: Environment): Promise<string> {
  const { camera, right, duration, config, url } = parse(args);
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
  const query = `?${await signClaims(secret, { camera, right, expires })}`;
  if (!url) return query;
  const base = new URL(`cameras/${camera}/`, url).href;
  if (right === "view") await requireCamera(new URL(`${base.slice(0, -1)}${query}`));
  const paths = { view: ["stream", "snapshot", "ws"], push: ["frames"], admin: ["viewers"] }[right];
  return paths.map((path) => `${path === "ws" ? base.replace(/^http/, "ws") : base}${path}${query}`).join("\n");
}

/** Asks a server for a camera. Rejects with a `CliError` if it refuses it; one that does not answer may run later. */
async function requireCamera(url: URL): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(timeout) }).catch(() => undefined);
  if (!answer || answer.ok) return;
  const { error = `status ${answer.status}` } = (await answer.json().catch(() => ({}))) as { readonly error?: string };
  throw wrong(`Cannot sign: ${url.host} answers "${error}"`);
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
  if (!id.safeParse(camera).success) throw wrong(`Cannot sign for camera "${camera}": that is no name of a camera`);
  const right = rights.find((one) => one === (values.right ?? "view"));
  if (!right) throw wrong(`Cannot sign right "${values.right}": use one of ${rights.join(", ")}`);
  const duration = parseDuration(values.for ?? "1h");
  if (!(duration >= 1000)) throw wrong(`Cannot sign for "${values.for}": write 90s, 30min, 24h, 365d or 1w`);
  return { camera, right, duration, config: values.config, url: parseUrl(values.url) };
}

function parseUrl(text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  if (/^https?:/i.test(text) && URL.canParse(text)) return new URL(text.endsWith("/") ? text : `${text}/`);
  throw wrong(`Cannot sign for "${text}": write the address of the page, such as http://cams.lan:8000`);
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        for: { type: "string" },
        right: { type: "string" },
        config: { type: "string" },
        url: { type: "string" },
      },
    });
  } catch (error) {
    const [why] = messageOf(error).split(/\. (?=To specify)|\n/);
    throw wrong(`Cannot sign: ${why}; write ${usage}`, error);
  }
}

function wrong(message: string, cause?: unknown): CliError {
  return new CliError(message, { exitCode: usageError, cause });
}
