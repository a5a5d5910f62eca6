/** An event to wait for, and the target that dispatches it. */
export type AwaitedEvent = readonly [target: EventTarget, type: string];

/**
 * Waits for a time, or for the first of these events. Resolves with the type of the event, or undefined after the time.
 *
 * With Infinity it waits for events only. Does not detect a signal that is already aborted. Removes its timer and its
 * listeners when it settles.
 */
export function wait(milliseconds: number, events: readonly AwaitedEvent[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const settle = (event?: Event) => {
      clearTimeout(timer);
      for (const [target, type] of events) target.removeEventListener(type, settle);
      resolve(event?.type);
    };
    const timer = milliseconds === Number.POSITIVE_INFINITY ? undefined : setTimeout(settle, milliseconds);
    for (const [target, type] of events) target.addEventListener(type, settle);
  });
}
