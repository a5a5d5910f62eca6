import type { Adapter } from "../adapter.ts";
import { kernelConnection } from "./tcp-info.ts";

/** Returns what Deno and the kernel know of the connection of a request. */
export const connection: Adapter["connection"] = (context) => {
  const address: Deno.Addr | undefined = context.env?.remoteAddr;
  if (!address || !("hostname" in address)) return {};
  const kernel = kernelConnection({
    localPort: context.env.localPort,
    remoteAddress: address.hostname,
    remotePort: address.port,
  });
  return { remote: address.hostname, closed: context.env.closed, queue: kernel?.queue, reset: kernel?.reset };
};
