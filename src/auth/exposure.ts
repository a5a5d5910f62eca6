import { isLoopback } from "../session.ts";
import { randomToken } from "./digest.ts";
import type { AuthOptions } from "./keys.ts";

/** Where a server listens, and what its owner says about who may look. */
export interface Exposure {
  /** The name or address it listens on. */
  readonly hostname: string;
  /** "none" lets everybody look; undefined leaves it to the address. */
  readonly auth: AuthOptions | "none" | undefined;
}

/** Who may look, and the token that was made for it, if one was. */
export interface Protection {
  readonly auth: AuthOptions | undefined;
  /** To be told to the owner once, since nobody else knows it. */
  readonly made: string | undefined;
}

/**
 * Decides who may look: whoever is told, else everybody where only this machine can reach the server, else whoever has
 * a random token. What counts is where it listens: behind a proxy every visitor comes from this machine.
 */
export function protect({ hostname, auth }: Exposure): Protection {
  if (auth === "none") return { auth: undefined, made: undefined };
  if (auth || hostname === "localhost" || isLoopback(hostname)) return { auth, made: undefined };
  const made = randomToken();
  return { auth: { token: made }, made };
}
