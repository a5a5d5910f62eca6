import { defaultMaxFrameSize } from "../../media/parser-options.ts";
import type { Driver } from "../driver.ts";
import { ParsedRuns } from "../parse.ts";
import { PushSource } from "../push.ts";
import { PushProgress } from "../push-progress.ts";
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
    const progress = new PushProgress(options.maxFrameSize ?? defaultMaxFrameSize);
    // A client may pause between two pictures; one that pauses within a picture is disconnected.
    const lastSign = (): number => (pushSource.isStreaming ? progress.last(runs.input) : Number.POSITIVE_INFINITY);
    const runs: ParsedRuns = new ParsedRuns(run, { ...options, lastSign });
    return Object.assign(runs, { pushSource });
  },
};
