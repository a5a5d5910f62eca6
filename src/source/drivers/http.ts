import { redact } from "../../redact.ts";
import type { Driver } from "../driver.ts";
import { HttpClient } from "../http/client.ts";
import { HttpRuns } from "../http/runs.ts";
import { invalidSource } from "../spelling.ts";

/** A URL that answers with pictures, without end or one at a time. */
export interface HttpSpec {
  readonly kind: "http";
  readonly url: string;
}

/** Pulls from an HTTP server: `http://…`, `https://…`. */
export const http: Driver<HttpSpec> = {
  kind: "http",
  parse({ text, scheme }) {
    if (scheme !== "http" && scheme !== "https") return undefined;
    if (!URL.canParse(text) || new URL(text).port === "0") throw invalidSource(text, notValid(text));
    return { kind: "http", url: text };
  },
  describe: ({ url }) => redact(url),
  canStart: () => true,
  usesHttp: () => true,
  create: ({ url }, { connect, http, interval, maxFrameSize }) =>
    new HttpRuns({
      client: new HttpClient(url, http),
      name: redact(url),
      connect,
      tls: http?.tls,
      interval,
      maxFrameSize,
    }),
};

/** Says what may be wrong; of user name and password every character can be written as `%XX`. */
function notValid(text: string): string {
  const [, port] = /^[a-z]+:\/\/(?:[^/?#]*@)?(?:\[[^\]]*\]|[^/?#:[\]]*):(\d+)(?:[/?#]|$)/i.exec(text) ?? [];
  if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65535)) return "write a port from 1 to 65535";
  const invalid = "it is not a valid URL";
  if (!text.includes("@")) return invalid;
  return `${invalid}; write reserved characters of a user name or a password as %XX: % as %25, # as %23, / as %2F, @ as %40`;
}
