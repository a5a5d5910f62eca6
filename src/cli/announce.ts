import { renderUnicodeCompact } from "uqr";
import { networkAddresses } from "./addresses.ts";
import { urlOf } from "./listen.ts";
import type { Settings } from "./settings.ts";
import { readVersion } from "./version.ts";

/** Options for {@link announce}. */
export interface AnnounceOptions {
  /** Names of the cameras. */
  readonly cameras: readonly string[];
  /** The port that the server listens on. */
  readonly port: number;
  /** Token to add to the addresses. */
  readonly token: string | undefined;
  /** Prints a QR code of the first address for a phone to standard error. */
  readonly isTerminal: boolean;
}

/** Prints the addresses of the page, for people on this machine and on its network. Returns the first. */
export function announce(server: Settings["server"], { cameras, port, token, isTerminal }: AnnounceOptions): string {
  const query = token === undefined ? "" : `?token=${token}`;
  const url = `${urlOf(server, port)}${query}`;
  console.log(`teecam ${readVersion()} shows ${cameras.join(", ")} at ${url}`);
  const others = networkAddresses(server.hostname).map((hostname) => `${urlOf({ ...server, hostname }, port)}${query}`);
  for (const other of others) if (other !== url) console.log(`On your network: ${other}`);
  const [first] = others;
  if (isTerminal && first !== undefined) console.error(renderUnicodeCompact(first, { border: 2 }));
  return url;
}
