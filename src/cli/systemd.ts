import type { Environment } from "../config/interpolate.ts";
import type { Logger } from "../log.ts";
import type { Spawn } from "../source/process.ts";
import { messageOf } from "./error.ts";

/** The environment variables that systemd sets for this process alone, which must not reach its children. */
export const systemdVariables: readonly string[] = [
  "NOTIFY_SOCKET",
  "WATCHDOG_USEC",
  "WATCHDOG_PID",
  "LISTEN_FDS",
  "LISTEN_PID",
  "LISTEN_FDNAMES",
];

/** Notifies systemd of the state of the service. */
export interface SystemdNotifier {
  /** Notifies that it serves, and starts to feed the watchdog as often as `WatchdogSec` of the unit requires. */
  ready(): void;
  /** Notifies that it is shutting down, and settles when systemd knows. Never rejects. */
  stopping(): Promise<void>;
}

/** Options for {@link systemdNotifier}. */
export interface NotifierOptions {
  readonly environment: Environment;
  readonly spawn: Spawn;
  readonly log: Logger;
}

/**
 * Creates a notifier that follows sd_notify(3) under systemd, and does nothing elsewhere.
 *
 * Neither runtime has Unix datagram sockets, so it runs `systemd-notify`, and the unit says `NotifyAccess=all`. A timer
 * on the event loop feeds the watchdog: failed cameras are no reason to restart the service.
 */
export function systemdNotifier({ environment, spawn, log }: NotifierOptions): SystemdNotifier {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: microseconds } = environment;
  if (!socket) return { ready() {}, async stopping() {} };
  const notify = async (state: string) => {
    try {
      const program = await spawn(["systemd-notify", state], { env: { NOTIFY_SOCKET: socket } });
      await Promise.all([program.exited, program.stdout.cancel(), program.stderr.cancel()]);
    } catch (error) {
      log.warn("Cannot notify systemd of {state}: {why}", { state, why: messageOf(error) });
    }
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    ready() {
      void notify("READY=1");
      const period = Number(microseconds) / 1000;
      if (period > 0) timer = setInterval(() => void notify("WATCHDOG=1"), period / 2);
    },
    stopping() {
      clearInterval(timer);
      return notify("STOPPING=1");
    },
  };
}

/**
 * Returns the file descriptor of the listening socket that systemd passed to this process, if it did
 * (https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html).
 */
export function inheritedSocket({ environment, pid }: InheritedSocketOptions): number | undefined {
  const { LISTEN_FDS: count, LISTEN_PID: owner } = environment;
  return Number(count) >= 1 && Number(owner) === pid ? 3 : undefined;
}

/** Options for {@link inheritedSocket}. */
export interface InheritedSocketOptions {
  readonly environment: Environment;
  /** The id of this process. */
  readonly pid: number;
}
