import type { ConnectionLimits } from "../serve.ts";
import type { Kernel } from "../tcp-info.ts";

const defaultLimit = 2000;
const reserve = 96; // descriptors for the runtime, cameras, files, and connections that are being refused
const minLimit = 8;

/**
 * Returns how many connections a server takes, all in all and from one address.
 *
 * When file descriptors run out, no camera or file can be opened either, so a tenth of them, and at least 96, are kept free.
 */
export function connectionLimits(
  { connections = defaultLimit, connectionsPerAddress }: ConnectionLimits,
  { descriptorLimit }: Pick<Kernel, "descriptorLimit">,
): { readonly limit: number; readonly limitPerAddress: number } {
  const descriptors = descriptorLimit() ?? Number.POSITIVE_INFINITY;
  const free = Math.max(minLimit, Math.floor(descriptors - Math.max(reserve, descriptors / 10)));
  const limit = Math.min(connections, free);
  return { limit, limitPerAddress: connectionsPerAddress ?? Math.max(1, Math.floor(limit / 2)) };
}
