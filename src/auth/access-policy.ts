import { hostname as machineName } from "node:os";
import { isLoopback } from "../session/connection.ts";
import { randomToken } from "./digest.ts";
import { isHost } from "./hosts.ts";
import type { AuthOptions } from "./token-store.ts";

/** The part of the server's settings that decides who has access. */
export interface AccessSettings {
  /** The name or address that the server listens on. */
  readonly hostname: string;
  /** Tokens that give access; "none" allows everyone. @default from the environment, or by `hostname` */
  readonly auth?: AuthOptions | "none" | undefined;
}

/** Inputs to {@link accessPolicy} from outside the configuration. */
export interface AccessInputs {
  /** Allows everyone, whatever else is configured. */
  readonly noAuth: boolean;
  /** Environment variables; `TEECAM_TOKEN`, `TEECAM_SECRET` and `TEECAM_ALLOW_HOSTS` are used. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Result of {@link accessPolicy}. */
export interface AccessPolicy {
  /** Tokens that give access; undefined allows everyone. */
  readonly auth: AuthOptions | undefined;
  /** The random token in `auth`, if one was generated: print it, as the owner has no other way to learn it. */
  readonly generatedToken: string | undefined;
}

/**
 * Decides who has access: as configured; otherwise everyone, if only this machine can reach the server; otherwise
 * holders of a token generated at random.
 *
 * Decides by the address that the server listens on, because behind a proxy every client connects from this machine.
 */
export function accessPolicy({ hostname, auth }: AccessSettings, { noAuth, environment }: AccessInputs): AccessPolicy {
  if (noAuth || auth === "none") return { auth: undefined, generatedToken: undefined };
  const configured = auth ?? authOf(environment);
  if (configured || hostname === "localhost" || isLoopback(hostname)) {
    return { auth: configured, generatedToken: undefined };
  }
  const generatedToken = randomToken();
  return { auth: { token: generatedToken }, generatedToken };
}

/** Returns the token and secret set in the environment; undefined without a token. An empty variable counts as unset. */
export function authOf(environment: AccessInputs["environment"]): AuthOptions | undefined {
  const { TEECAM_TOKEN: token, TEECAM_SECRET: secret } = environment;
  return token ? { token, secret: secret || undefined } : undefined;
}

/** Domains that routers and mDNS give to the machines of their own network. */
const localDomains = ["local", "lan", "home", "home.arpa", "internal", "localdomain", "fritz.box"];

/** Returns the names of this machine on its own network, under which no other site can be reached. */
export function machineNames(): string[] {
  const name = machineName();
  const [label = name] = name.split(".");
  return [...new Set([name, label, ...localDomains.map((domain) => `${label}.${domain}`)])].filter(isHost);
}

/** Returns the host names in `TEECAM_ALLOW_HOSTS`, which commas or spaces separate. */
export function allowedHostsOf({ TEECAM_ALLOW_HOSTS: names = "" }: AccessInputs["environment"]): string[] {
  return names.split(/[\s,]+/).filter((name) => name !== "");
}

/** Returns the maximum number of viewers for a limit of open file descriptors: each viewer takes one. At most 1000. */
export function maxViewers(descriptors: number | undefined): number {
  return Math.max(1, Math.min(1000, Math.floor((descriptors ?? Number.POSITIVE_INFINITY) * 0.8) - 64));
}
