import type { HttpOptions } from "./options.ts";

const own: Readonly<Record<string, string>> = {
  accept: "multipart/x-mixed-replace, image/jpeg, */*;q=0.5",
  "accept-encoding": "identity",
  connection: "keep-alive",
  "user-agent": "teecam",
};

/** Returns the request target of a URL: its path and query. */
export function targetOf({ pathname, search }: URL): string {
  return `${pathname}${search}`;
}

/** Formats the head of a GET request. `headers` replace the default fields of the same name. */
export function formatRequest(url: URL, { headers = {}, authorization, cookie }: RequestFields): string {
  const fields = new Map(
    Object.entries({ host: url.host, ...own }).map(([name, value]) => [name, [display(name), value]]),
  );
  if (authorization !== undefined) fields.set("authorization", ["Authorization", authorization]);
  if (cookie !== undefined) fields.set("cookie", ["Cookie", cookie]);
  for (const [name, value] of Object.entries(headers)) fields.set(name.toLowerCase(), [name, value]);
  const lines = [...fields.values()].map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${targetOf(url)} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** Options for {@link formatRequest}. */
export interface RequestFields extends Pick<HttpOptions, "headers"> {
  /** Value of the `Authorization` field. @default none */
  readonly authorization?: string | undefined;
  /** Value of the `Cookie` field. @default none */
  readonly cookie?: string | undefined;
}

/** Returns what is wrong with header fields; undefined if they can be sent. */
export function checkHeaders(headers: HttpOptions["headers"] = {}): string | undefined {
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return `${JSON.stringify(name)} is not a valid name of a header field`;
    if (/[^\t\x20-\x7e\x80-\uffff]/.test(value)) return `the value of ${name} contains a control character`;
    if (/^(host|content-length|transfer-encoding)$/i.test(name)) return `${name} is set by teecam`;
  }
  return undefined;
}

function display(name: string): string {
  return name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
}
