import type { Adapter } from "../adapter.ts";
import { createConnection } from "../http/connection.ts";
import { kernel, kernelConnection } from "./tcp-info.ts";

const connectionOfNode = createConnection(kernel);

/** Returns what Deno and the kernel know of the connection of a request, by `serve` or by the host's own `Deno.serve`. */
export const connection: Adapter["connection"] = (context) => {
  const address: Deno.Addr | undefined = context.env?.remoteAddr;
  if (!address || !("hostname" in address)) return connectionOfNode(context);
  const found = kernelConnection({ remoteAddress: address.hostname, remotePort: address.port });
  return { remote: address.hostname, queue: found?.queue, reset: found?.reset };
};
