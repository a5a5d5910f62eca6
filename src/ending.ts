import type { Fleet } from "./fleet.ts";
import type { Logger } from "./log.ts";
import type { Notifier } from "./notify.ts";
import type { Server } from "./serve.ts";

/** What ends with the program. */
export interface EndingOptions {
  readonly server: Server;
  readonly fleet: Fleet;
  readonly service: Notifier;
  /** Aborted at the first request to end. */
  readonly ending: AbortController;
  /** Ends the program with a code. */
  readonly exit: (code: number) => void;
  readonly log: Logger;
}

const grace = 4000; // milliseconds for viewers' streams to end
const hurried = 1;

/**
 * Gives what is to be called whenever the program is asked to end.
 *
 * At the first time it takes nobody any more, lets viewers' streams end and children die, and exits with 0 within five
 * seconds; the second time does not wait.
 */
export function endOnce({ server, fleet, service, ending, exit, log }: EndingOptions): (signal: string) => void {
  return (signal) => {
    if (ending.signal.aborted) return exit(hurried);
    log.info("Ending, as {signal} asks", { signal });
    ending.abort();
    void Promise.allSettled([service.stopping(), server.close(grace), fleet.close()]).then(() => exit(0));
  };
}
