import type { Server } from "../adapter/serve.ts";
import type { CameraRegistry } from "../camera/registry.ts";
import type { Logger } from "../log.ts";
import type { SystemdNotifier } from "./systemd.ts";

/** What ends with the program. */
export interface ShutdownOptions {
  readonly server: Server;
  readonly registry: CameraRegistry;
  readonly systemd: SystemdNotifier;
  /** Aborted at the first request to end. */
  readonly shutdown: AbortController;
  /** Ends the program with a code. */
  readonly exit: (code: number) => void;
  readonly log: Logger;
}

const drainTimeout = 4000; // milliseconds for viewers' streams to end
const forcedExit = 1;

/**
 * Gives what is to be called whenever the program is asked to end.
 *
 * At the first time it takes nobody any more, lets viewers' streams end and children die, and exits with 0 within five
 * seconds; the second time does not wait.
 */
export function gracefulShutdown({
  server,
  registry,
  systemd,
  shutdown,
  exit,
  log,
}: ShutdownOptions): (signal: string) => void {
  return (signal) => {
    if (shutdown.signal.aborted) return exit(forcedExit);
    log.info("Received {signal}, shutting down", { signal });
    shutdown.abort();
    void Promise.allSettled([systemd.stopping(), server.close(drainTimeout), registry.close()]).then(() => exit(0));
  };
}
