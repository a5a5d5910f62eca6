import type { Server } from "../adapter/serve.ts";
import type { CameraRegistry } from "../camera/registry.ts";
import type { Logger } from "../log.ts";
import type { RtcHost } from "../rtc/host.ts";
import type { SystemdNotifier } from "./systemd.ts";

/** Options for {@link gracefulShutdown}. */
export interface ShutdownOptions {
  readonly server: Server;
  readonly registry: CameraRegistry;
  readonly rtc?: RtcHost | undefined;
  readonly systemd: SystemdNotifier;
  /** Aborted by the first signal. */
  readonly shutdown: AbortController;
  /** Ends the program with an exit code. */
  readonly exit: (code: number) => void;
  /** Has this process killed after so many milliseconds by another one, however busy it is. */
  readonly killAfter: (milliseconds: number) => void;
  readonly log: Logger;
}

const drainTimeout = 4000; // milliseconds for viewers' streams to end
const exitTimeout = 4500; // milliseconds for all of it
const killTimeout = 4800; // milliseconds after which another process ends this one
const forcedExit = 1;

/**
 * Returns the handler of the signals that end the program.
 *
 * The first one accepts no more connections, ends viewers' streams and child processes, and exits with 0 within five
 * seconds, whatever does not end. The second one exits at once, with 1.
 */
export function gracefulShutdown(options: ShutdownOptions): (signal: string) => void {
  const { server, registry, rtc, systemd, shutdown, exit, killAfter, log } = options;
  return (signal) => {
    if (shutdown.signal.aborted) return exit(forcedExit);
    killAfter(killTimeout);
    setTimeout(() => exit(0), exitTimeout);
    log.info("Received {signal}, shutting down", { signal });
    shutdown.abort();
    const ends = [systemd.stopping(), server.close(drainTimeout), registry.close(), rtc?.close()];
    void Promise.allSettled(ends).then(() => exit(0));
  };
}
