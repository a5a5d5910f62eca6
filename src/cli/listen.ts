import type { Adapter } from "../adapter/adapter.ts";
import type { Server } from "../adapter/serve.ts";
import { type AppOptions, createApp } from "../app.ts";
import { allowedHostsOf, machineNames, maxViewers } from "../auth/access-policy.ts";
import type { CameraRegistry } from "../camera/registry.ts";
import { subprotocol } from "../transport/teecam-v1/subprotocol.ts";
import { readCertificate } from "./certificate.ts";
import { CliError, messageOf, startError } from "./error.ts";
import type { Settings } from "./settings.ts";
import { inheritedSocket } from "./systemd.ts";

/** Options for {@link listen}. */
export interface ListenOptions extends Pick<AppOptions, "auth" | "rtc" | "shutdown" | "log"> {
  readonly adapter: Adapter;
  readonly registry: CameraRegistry;
}

/** Serves the app where the settings say. Rejects with a `CliError` if it cannot listen there. */
export async function listen(
  { hostname, port, tls, allowHosts = [], allowOrigins, limits, stallAfter }: Settings["server"],
  { adapter, registry, ...appOptions }: ListenOptions,
): Promise<Server> {
  const { connections, connectionsPerAddress, ...viewerLimits } = limits ?? {};
  const environment = adapter.environment();
  const options: AppOptions = {
    ...appOptions,
    cameras: registry.cameras,
    cameraChanges: registry.changes,
    connection: adapter.connection,
    allowHosts: [hostname, ...machineNames(), ...allowedHostsOf(environment), ...allowHosts],
    allowOrigins,
    limits: { ...viewerLimits, viewers: limits?.viewers ?? maxViewers(adapter.descriptorLimit()) },
    stallAfter,
  };
  try {
    return await adapter.serve((upgradeWebSocket) => createApp({ ...options, upgradeWebSocket }), {
      hostname,
      port,
      stallAfter,
      connections,
      connectionsPerAddress,
      protocols: [subprotocol],
      descriptor: inheritedSocket({ environment, pid: adapter.pid }),
      tls: tls && (await readCertificate(tls)),
    });
  } catch (cause) {
    const isInUse = cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
    const why = isInUse ? "address already in use; choose another port with --port" : messageOf(cause);
    throw new CliError(`Cannot listen on ${hostname}:${port}: ${why}`, { exitCode: startError, cause });
  }
}

/** Returns the URL of the page, for people on this machine. */
export function urlOf({ hostname, tls }: Settings["server"], port: number): string {
  const isAny = hostname === "0.0.0.0" || hostname === "::";
  const host = isAny ? "localhost" : hostname.includes(":") ? `[${hostname}]` : hostname;
  return `${tls ? "https" : "http"}://${host}:${port}/`;
}
