const encoder = new TextEncoder();
const heartbeatInterval = 15_000; // milliseconds; proxies and browsers close idle connections

/** Formats a Server-Sent Event. */
export function formatEvent({ id, data }: { readonly id: number; readonly data: string }): string {
  return `id: ${id}\ndata: ${data}\n\n`;
}

/** Parses the `Last-Event-ID` header of a browser that reconnects; undefined if it is missing or not one of our ids. */
export function lastEventId(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/**
 * Returns the body of an event stream (HTML Standard, section 9.2): each event as it arrives, and a comment after every
 * 15 s without one.
 *
 * Buffers no event. Cancelling it cancels `events`. Closes when `events` close, even if it is not being read.
 */
export function eventStream(events: ReadableStream<string>): ReadableStream<Uint8Array> {
  const reader = events.getReader();
  let hasBegun = false;
  let hasEnded = false;
  let isReading = false; // an event that is being read precedes the end
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
          hasBegun = true; // some proxies hold back the headers until there is a body
          return comment("predictions");
        }
        const isRead = () => (controller.desiredSize ?? 0) >= 0; // otherwise a comment is waiting already
        const timer = setInterval(() => isRead() && comment("nothing new"), heartbeatInterval);
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
