import { AsyncLocalStorage } from "node:async_hooks";
import type { ViewerSession } from "./session.ts";

// One for all copies of this module that a process may have loaded: a predictor's own import of teecam may be another.
const key = Symbol.for("teecam.session");
interface Shared {
  readonly current: AsyncLocalStorage<ViewerSession | undefined>;
  process?: ViewerSession | undefined;
}
const everywhere = globalThis as { [key]?: Shared };
everywhere[key] ??= { current: new AsyncLocalStorage() };
const shared = everywhere[key];

/**
 * Returns the session of the viewer for whom the calling code works, through awaits, timers and streams.
 *
 * A predictor that one viewer has chosen sees that viewer's; one that all viewers share works for none and sees undefined.
 *
 * @example
 * ```ts
 * export default function predict(frame: Frame) {
 *   return { viewer: getSession()?.id, bytes: frame.data.length };
 * }
 * ```
 */
export function getSession(): ViewerSession | undefined {
  return shared.current.getStore() ?? shared.process;
}

/** Calls `work` on behalf of a viewer, or of none, and returns its result. */
export function runWithSession<T>(session: ViewerSession | undefined, work: () => T): T {
  return shared.current.run(session, work);
}

/**
 * Makes a session that of all code of this process which runs in no other: some callbacks have lost whose they are (those
 * of node:child_process and node:net on Deno).
 */
export function setProcessSession(session: ViewerSession | undefined): void {
  shared.process = session;
}
