import type { Driver } from "../driver.ts";
import { ParsedRuns } from "../parse.ts";
import { PushSource } from "../push.ts";
import { listen } from "../tcp.ts";

/** Frames that are pushed to us over HTTP. */
export interface PushSpec {
  readonly kind: "push";
}

/** Takes what clients push, as a listening socket takes its writers: `push`. */
export const push: Driver<PushSpec> = {
  kind: "push",
  parse: ({ text }) => (text === "push" ? { kind: "push" } : undefined),
  describe: () => "push",
  awaited: () => true,
  create(_, options) {
    const pushSource = new PushSource();
    const run = listen({ hostname: "push", port: 0 }, { listen: pushSource.listen, signal: options.signal });
    // A client may pause between two pictures; one that pauses within a picture is disconnected.
    const lastSign = () => (pushSource.isIdle ? Number.POSITIVE_INFINITY : 0);
    return Object.assign(new ParsedRuns(run, { ...options, lastSign }), { pushSource });
  },
};
