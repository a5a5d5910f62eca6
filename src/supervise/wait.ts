/** An event, and who dispatches it. */
export type Awaited = readonly [target: EventTarget, type: string];

/**
 * Settles after so many milliseconds, with Infinity never, or at the first of these events, with its name.
 *
 * A signal that is aborted already is not noticed. Nothing is left of it: no timer, no listener.
 */
export function wait(milliseconds: number, events: readonly Awaited[]): Promise<string | undefined> {
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
