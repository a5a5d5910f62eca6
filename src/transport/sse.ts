import { type Notice, stringify } from "./notices.ts";

const encoder = new TextEncoder();
const beat = 15_000; // milliseconds; proxies and browsers give up a connection on which nothing happens

/** A notice as a Server-Sent Event, with its number as the id. */
export function formatEvent(notice: Notice): string {
  return `id: ${notice.number}\ndata: ${stringify(notice)}\n\n`;
}

/** The id a browser has seen last, when it comes back; undefined where there is none, or none of ours. */
export function lastEventId(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/**
 * The body of an event stream (HTML, 9.2): events as they come, and a comment when none has come for 15 s.
 *
 * Cancelling it cancels `events`; it holds nothing.
 */
export function eventStream(events: ReadableStream<string>): ReadableStream<Uint8Array> {
  const reader = events.getReader();
  let greeted = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const comment = (text: string) => controller.enqueue(encoder.encode(`: ${text}\n\n`));
        if (!greeted) {
          greeted = true; // or some proxies would keep the headers until there is an event
          return comment("predictions");
        }
        const timer = setInterval(() => comment("nothing new"), beat);
        const { done, value } = await reader.read().finally(() => clearInterval(timer));
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
