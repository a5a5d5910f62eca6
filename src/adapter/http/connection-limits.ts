import type { ConnectionLimits } from "../serve.ts";
import type { Kernel } from "../tcp-info.ts";

const defaultLimit = 2000;
const reserve = 96; // descriptors for the runtime, cameras, files, and connections that are being refused
const minLimit = 8;

/**
 * Returns the maximum numbers of connections of a server: in total, and from one address.
 *
 * Keeps a tenth of the file descriptors, and at least 96, free for cameras and files.
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
