import { request } from "node:http";
import { cleanUp } from "../fixtures/clean-up.ts";

/** One part of a stream. */
export interface Part {
  /** Fields by names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Buffer;
  /** Milliseconds of `performance.now()`. */
  readonly arrival: number;
}

/** A stream that is being read by the lengths of its parts, as go2rtc, Mainsail and PiKVM do. */
export interface Reading {
  readonly parts: readonly Part[];
  /** Fields of the response by names in lower case; empty before it. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Reads a stream until the test is over. */
export function readParts(url: string, headers: Record<string, string> = {}): Reading {
  const parts: Part[] = [];
  const reading = { parts, headers: {} };
  const asked = request(url, { headers, agent: false }, (response) => {
    reading.headers = response.headers;
    let waiting = Buffer.alloc(0);
    response.on("data", (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk]);
      for (;;) {
        const end = waiting.indexOf("\r\n\r\n");
        if (end < 0) return;
        const fields = Object.fromEntries(
          waiting
            .subarray(0, end)
            .toString("latin1")
            .split("\r\n")
            .flatMap((line) => {
              const colon = line.indexOf(":");
              return colon < 0 ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]];
            }),
        );
        const to = end + 4 + Number(fields["content-length"]);
        if (!(waiting.length >= to)) return;
        parts.push({ headers: fields, data: Buffer.from(waiting.subarray(end + 4, to)), arrival: performance.now() });
        waiting = waiting.subarray(to);
      }
    });
    response.on("error", () => {});
  });
  asked.on("error", () => {});
  asked.end();
  cleanUp(() => void asked.destroy());
  return reading;
}
