import { AsyncLocalStorage } from "node:async_hooks";
import type { ViewerSession } from "./session.ts";

// Shared by all copies of this module in the process: a predictor may import a copy of teecam of its own.
const key = Symbol.for("teecam.session");
interface Shared {
  readonly current: AsyncLocalStorage<ViewerSession | undefined>;
  process?: ViewerSession | undefined;
}
const globals = globalThis as { [key]?: Shared };
globals[key] ??= { current: new AsyncLocalStorage() };
const shared = globals[key];

/**
 * Returns the session of the viewer that the calling code works for. It is kept across awaits, timers and streams.
 *
 * In a predictor that a viewer has chosen it is the session of that viewer; in one that all viewers share it is undefined.
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

/** Calls `work` within a session, or within none, and returns its result. */
export function runWithSession<T>(session: ViewerSession | undefined, work: () => T): T {
  return shared.current.run(session, work);
}

/**
 * Sets the session of all code in this process that runs within no other. Some callbacks lose their session, such as those
 * of node:child_process and node:net on Deno.
 */
export function setProcessSession(session: ViewerSession | undefined): void {
  shared.process = session;
}
