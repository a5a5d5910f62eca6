import { throttle } from "../../throttle.ts";
import type { Driver } from "../driver.ts";
import { ParsedRuns } from "../parse.ts";
import { invalidSource, type Spelling } from "../spelling.ts";
import { type Address, dial as dialPeer, listen as listenForWriters } from "../tcp.ts";

/** A socket of ours that a writer dials. */
export interface ListenSpec extends Address {
  readonly kind: "listen";
}

/** A socket of another's that we dial. */
export interface DialSpec extends Address {
  readonly kind: "dial";
}

/** Waits for a writer on a listening socket: `tcp-listen://HOST:PORT`. */
export const listen: Driver<ListenSpec> = {
  kind: "listen",
  parse: (spelling) => (spelling.scheme === "tcp-listen" ? { kind: "listen", ...parseAddress(spelling) } : undefined),
  describe: ({ hostname, port }) => `tcp-listen://${hostname}:${port}`,
  awaited: () => true,
  create({ hostname, port }, options) {
    const onRefuse = throttle((remote: string, skipped) => {
      const more = skipped > 0 ? `, as were ${skipped} before it` : "";
      options.onWarning?.(`the writer ${remote} was turned away${more}: another one is writing`);
    });
    return new ParsedRuns(listenForWriters({ hostname, port }, { ...options, onRefuse }), options);
  },
};

/** Dials a peer that writes as soon as somebody connects: `tcp://HOST:PORT`. */
export const dial: Driver<DialSpec> = {
  kind: "dial",
  parse: (spelling) => (spelling.scheme === "tcp" ? { kind: "dial", ...parseAddress(spelling) } : undefined),
  describe: ({ hostname, port }) => `tcp://${hostname}:${port}`,
  canStart: () => true,
  create: ({ hostname, port }, options) => new ParsedRuns(dialPeer({ hostname, port }, options), options),
};

function parseAddress({ text, rest }: Spelling): Address {
  const match = /^\/\/(\[[0-9a-f:.]+\]|[^\s:/@[\]]+):(\d{1,5})\/?$/i.exec(rest);
  const port = Number(match?.[2]);
  if (!match?.[1] || port < 1 || port > 65535) {
    throw invalidSource(text, "write a host and a port from 1 to 65535, such as tcp-listen://127.0.0.1:9999");
  }
  return { hostname: match[1].replace(/^\[|\]$/g, ""), port };
}
