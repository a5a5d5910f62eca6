import type { Logger } from "../log.ts";
import type { Spawn } from "../source/process.ts";

/** The variables by which systemd speaks to this process alone: no program that it starts needs them. */
export const systemdVariables: readonly string[] = [
  "NOTIFY_SOCKET",
  "WATCHDOG_USEC",
  "WATCHDOG_PID",
  "LISTEN_FDS",
  "LISTEN_PID",
  "LISTEN_FDNAMES",
];

/** What a service tells systemd. */
export interface SystemdNotifier {
  /** It serves. From now on it also says that it lives, as often as the unit's `WatchdogSec` asks. */
  ready(): void;
  /** It is ending; settles when that is told. Never rejects. */
  stopping(): Promise<void>;
}

/** What a notifier is made of. */
export interface NotifierOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly spawn: Spawn;
  readonly log: Logger;
}

/**
 * Tells systemd how the service fares, by sd_notify(3), where systemd asks for it; elsewhere it does nothing.
 *
 * Neither runtime has the kind of socket that takes, so it is systemd's own program that speaks, and the unit says
 * `NotifyAccess=all`. The watchdog is fed by the event loop: cameras that are out are no reason to start anew.
 */
export function systemdNotifier({ environment, spawn, log }: NotifierOptions): SystemdNotifier {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: microseconds } = environment;
  if (!socket) return { ready() {}, async stopping() {} };
  const tell = async (word: string) => {
    try {
      const program = await spawn(["systemd-notify", word], { env: { NOTIFY_SOCKET: socket } });
      await Promise.all([program.exited, program.stdout.cancel(), program.stderr.cancel()]);
    } catch (error) {
      log.warn("Cannot tell systemd {word}: {why}", { word, why: error instanceof Error ? error.message : error });
    }
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    ready() {
      void tell("READY=1");
      const period = Number(microseconds) / 1000;
      if (period > 0) timer = setInterval(() => void tell("WATCHDOG=1"), period / 2);
    },
    stopping() {
      clearInterval(timer);
      return tell("STOPPING=1");
    },
  };
}

/**
 * The descriptor of a socket that listens already, where systemd hands one over to this process
 * (https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html).
 */
export function inheritedSocket({ environment, pid }: Inheritance): number | undefined {
  const { LISTEN_FDS: count, LISTEN_PID: owner } = environment;
  return Number(count) >= 1 && Number(owner) === pid ? 3 : undefined;
}

/** What tells whether a socket was handed over. */
export interface Inheritance {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** This process's own. */
  readonly pid: number;
}
