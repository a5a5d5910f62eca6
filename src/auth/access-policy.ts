import { hostname as nameOfMachine } from "node:os";
import { isLoopback } from "../session/connection.ts";
import { randomToken } from "./digest.ts";
import type { AuthOptions } from "./token-store.ts";

/** Where a server listens, and what its configuration says about who may look. */
export interface ListenOptions {
  /** The name or address it listens on. */
  readonly hostname: string;
  /** "none" lets everybody look. @default the environment's, or what the address asks for */
  readonly auth?: AuthOptions | "none" | undefined;
}

/** What else is said about who may look. */
export interface AccessInputs {
  /** Everybody may. */
  readonly noAuth: boolean;
  /** `TEECAM_TOKEN` and `TEECAM_SECRET` are what they say. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Who may look, and the token that was made for it, if one was. */
export interface AccessPolicy {
  /** Undefined is everybody. */
  readonly auth: AuthOptions | undefined;
  /** To be told to the owner once, since nobody else knows it. */
  readonly generatedToken: string | undefined;
}

/**
 * Decides who may look: whoever is told, else everybody where only this machine can reach the server, else whoever has
 * a random token. What counts is where it listens: behind a proxy every visitor comes from this machine.
 */
export function accessPolicy({ hostname, auth }: ListenOptions, { noAuth, environment }: AccessInputs): AccessPolicy {
  if (noAuth || auth === "none") return { auth: undefined, generatedToken: undefined };
  const said = auth ?? authOf(environment);
  if (said || hostname === "localhost" || isLoopback(hostname)) return { auth: said, generatedToken: undefined };
  const generatedToken = randomToken();
  return { auth: { token: generatedToken }, generatedToken };
}

/** The token and the secret of the environment; an empty variable is as good as none. */
export function authOf(environment: AccessInputs["environment"]): AuthOptions | undefined {
  const { TEECAM_TOKEN: token, TEECAM_SECRET: secret } = environment;
  return token ? { token, secret: secret || undefined } : undefined;
}

/** What this machine is called on its own network; no other site is found under these names. */
export function machineNames(): string[] {
  const name = nameOfMachine();
  return [name, `${name.replace(/\.local$/, "")}.local`];
}

/** How many viewers a server has places for, by the descriptors it may open: each of them takes one. */
export function maxViewers(descriptors: number | undefined): number {
  return Math.max(1, Math.min(1000, Math.floor((descriptors ?? Number.POSITIVE_INFINITY) * 0.8) - 64));
}
