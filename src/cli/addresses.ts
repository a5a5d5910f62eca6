import { networkInterfaces } from "node:os";
import { isLoopback } from "../session/connection.ts";

/** Interfaces of containers and virtual machines, which lead no phone here. */
const virtual = /^(docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel|podman)/;

/**
 * Returns the addresses by which other machines reach a server that listens on `hostname`, most likely first: those of this
 * machine if it listens on all, none if it listens on this machine alone.
 */
export function networkAddresses(hostname: string): string[] {
  if (hostname !== "0.0.0.0" && hostname !== "::") {
    return hostname === "localhost" || isLoopback(hostname) ? [] : [hostname];
  }
  const found = Object.entries(interfaces()).flatMap(([name, addresses = []]) =>
    virtual.test(name) ? [] : addresses.filter(({ internal }) => !internal),
  );
  const of = (family: string) => found.filter((one) => one.family === family).map(({ address }) => address);
  const v4 = of("IPv4").filter((address) => !address.startsWith("169.254."));
  const v6 = hostname === "::" ? of("IPv6").filter((address) => /^[23]/.test(address)) : [];
  return [...v4, ...v6];
}

function interfaces(): ReturnType<typeof networkInterfaces> {
  try {
    return networkInterfaces();
  } catch {
    return {}; // Deno without --allow-sys
  }
}
