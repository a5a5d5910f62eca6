import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";

interface Asked {
  readonly remote?: string;
  readonly allowOrigins?: readonly string[];
  readonly path?: string;
}

const logged: string[] = [];
const log = {
  debug() {},
  info() {},
  error() {},
  warn: (message: string, values: Record<string, unknown> = {}) =>
    void logged.push(message.replace(/\{(\w+)\}/g, (_, name) => String(values[name]))),
};

async function ask(headers: Record<string, string>, { remote, allowOrigins, path = "/viewer.js" }: Asked = {}) {
  const connection = () => ({ remote: remote ?? "127.0.0.1" });
  const app = createApp({ cameras: new Map(), connection, allowOrigins, log });
  return app.request(path, { headers: { host: "127.0.0.1:8000", ...headers } });
}

/** What comes from the app's own page, behind proxies that rewrite `Host`. */
const own: Record<string, Record<string, string>> = {
  "nginx's bare proxy_pass, by HTTPS or on this machine": {
    origin: "http://localhost:8080",
    "sec-fetch-site": "same-origin",
  },
  "Apache, or Vite's changeOrigin": { origin: "http://cams.lan:8080", "x-forwarded-host": "cams.lan:8080" },
  "a proxy that says it by RFC 7239": {
    origin: "http://cams.lan:8080",
    forwarded: 'for=192.0.2.1;host="cams.lan:8080";proto=http',
  },
  "two proxies, of which the first was asked by the browser": {
    origin: "https://cams.example",
    "x-forwarded-host": "cams.example, cams.internal:8080",
  },
  "a proxy that passes on $host, without the port": { host: "cams.lan", origin: "http://cams.lan:8080" },
  "a proxy that passes on the name": { host: "CAMS.lan:8080", origin: "http://cams.lan:8080" },
};

/** What other sites' pages, or programs in their name, could send. */
const foreign: Record<string, Record<string, string>> = {
  "another site": { origin: "http://evil.example", "sec-fetch-site": "cross-site" },
  "another site, to a plain-HTTP address": { origin: "http://evil.example" },
  "a sandboxed page": { origin: "null" },
  "the same site at another port": { origin: "http://127.0.0.1:9000", "sec-fetch-site": "same-site" },
  "the same name at another port": { host: "cams.lan:8080", origin: "http://cams.lan:9000" },
  "another port, where a proxy leaves out the port and the browser says so": {
    host: "cams.lan",
    origin: "http://cams.lan:9000",
    "sec-fetch-site": "same-site",
  },
  "another name behind such a proxy": { host: "cams.lan", origin: "http://evil.lan" },
  "a page behind a proxy that says what it was asked for": {
    origin: "http://evil.example",
    "x-forwarded-host": "cams.lan",
  },
  "an app whose host is called like this one": { host: "localhost", origin: "capacitor://localhost" },
};

describe("A page is the app's own behind", () => {
  it.each(Object.entries(own))("%s", async (_, headers) => {
    expect((await ask(headers)).status).toBe(200);
  });
});

describe("A page stays out that is of", () => {
  it.each(Object.entries(foreign))("%s", async (_, headers) => {
    expect((await ask(headers)).status).toBe(403);
  });

  it("another site, where the machine at the other end says what it was asked for", async () => {
    const headers = { origin: "http://evil.example", "x-forwarded-host": "evil.example" };
    expect((await ask(headers, { remote: "192.0.2.1" })).status).toBe(403);
    expect((await ask({ host: "cams.lan", origin: "http://cams.lan:9000" }, { remote: "192.0.2.1" })).status).toBe(403);
  });

  it("another site that may ask whether it may say what it was asked for", async () => {
    const connection = () => ({ remote: "127.0.0.1" });
    const app = createApp({ cameras: new Map(), connection });
    const headers = {
      host: "127.0.0.1:8000",
      origin: "http://evil.example",
      "access-control-request-method": "GET",
      "access-control-request-headers": "x-forwarded-host",
    };
    const answer = await app.request("/cameras", { method: "OPTIONS", headers });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([403, null]);
  });
});

describe("An origin that is allowed", () => {
  const allowOrigins = ["http://octopi.local", "capacitor://localhost", "chrome-extension://abcdefghijklmnop"];

  it.each(allowOrigins)("%s shows and reads", async (origin) => {
    const answer = await ask({ origin }, { allowOrigins, path: "/cameras" });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, origin]);
    expect(answer.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
  });

  it("shows an <img>, which tells where it is by its referrer", async () => {
    const answer = await ask({ referer: "http://octopi.local/" }, { allowOrigins });
    expect(answer.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
  });

  it.each([
    "null",
    "octopi.local",
    "http://octopi.local/",
    "HTTP://octopi.local",
    "capacitor://",
    "javascript:alert(1)",
  ])("is not %j", (origin) => {
    expect(() => createApp({ cameras: new Map(), allowOrigins: [origin] })).toThrow(TypeError);
  });
});

it("A refusal names the origin and the option, in the answer and in the log", async () => {
  logged.length = 0;
  const { error } = (await (await ask({ origin: "http://octopi.local" })).json()) as { error: string };
  expect(error).toContain("--allow-origin http://octopi.local");
  expect(logged.join()).toContain("--allow-origin http://octopi.local");
});
