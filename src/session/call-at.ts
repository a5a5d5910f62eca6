const maxDelay = 2 ** 31 - 1; // milliseconds: the limit of timers

/** Calls `action` at a time, in milliseconds since the epoch. Returns the function that cancels that. */
export function callAt(time: number, action: () => void): () => void {
  if (time === Number.POSITIVE_INFINITY) return () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    const rest = time - Date.now();
    timer = rest > 0 ? setTimeout(wait, Math.min(rest, maxDelay)) : void action();
  };
  timer = setTimeout(wait, Math.min(Math.max(time - Date.now(), 0), maxDelay));
  return () => clearTimeout(timer);
}
