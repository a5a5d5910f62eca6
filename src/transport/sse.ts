const encoder = new TextEncoder();
const beat = 15_000; // milliseconds; proxies and browsers give up a connection on which nothing happens

/** Returns a Server-Sent Event. */
export function formatEvent({ id, data }: { readonly id: number; readonly data: string }): string {
  return `id: ${id}\ndata: ${data}\n\n`;
}

/** Returns the id that a browser saw last, when it comes back; undefined where there is none, or none of ours. */
export function lastEventId(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/**
 * Returns the body of an event stream (HTML, 9.2): events as they come, and a comment when none has come for 15 s.
 *
 * Cancelling it cancels `events`; it holds nothing. It ends when `events` end, also while nobody reads.
 */
export function eventStream(events: ReadableStream<string>): ReadableStream<Uint8Array> {
  const reader = events.getReader();
  let hasBegun = false;
  let hasEnded = false;
  let isReading = false; // what it reads comes before the end
  let isOver = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        reader.closed.then(
          () => {
            hasEnded = true;
            if (!isReading) finish(controller);
          },
          (error) => controller.error(error),
        );
      },
      async pull(controller) {
        const comment = (text: string) => controller.enqueue(encoder.encode(`: ${text}\n\n`));
        if (!hasBegun) {
          hasBegun = true; // or some proxies would keep the headers until there is an event
          return comment("predictions");
        }
        const isRead = () => (controller.desiredSize ?? 0) >= 0; // else a comment waits already
        const timer = setInterval(() => isRead() && comment("nothing new"), beat);
        isReading = true;
        const { done, value } = await reader.read().finally(() => clearInterval(timer));
        isReading = false;
        if (!done) controller.enqueue(encoder.encode(value));
        if (done || hasEnded) finish(controller);
      },
      cancel(reason) {
        isOver = true;
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );

  function finish(controller: ReadableStreamDefaultController<Uint8Array>): void {
    if (isOver) return;
    isOver = true;
    controller.close();
  }
}
