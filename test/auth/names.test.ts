import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { allowedHostsOf, machineNames } from "../../src/auth/access-policy.ts";
import { TokenStore } from "../../src/auth/token-store.ts";
import { host } from "../fixtures/host.ts";
import { head, raw } from "../fixtures/raw.ts";
import { until } from "../fixtures/until.ts";

const token = "the-right-token";
const warnings: string[] = [];
const log = {
  debug() {},
  info() {},
  error() {},
  warn: (message: string, values: Record<string, unknown> = {}) =>
    void warnings.push(message.replace(/\{(\w+)\}/g, (_, name) => String(values[name]))),
};

/** The status of a request by a name, from an address, to an app that has these names and perhaps a token. */
async function ask(
  name: string,
  { remote = "192.0.2.1", path = "/cameras", headers = {}, auth = false, allowHosts = ["cam.example.org"] } = {},
): Promise<number> {
  const connection = () => ({ remote });
  const app = createApp({ cameras: new Map(), allowHosts, connection, log, auth: auth ? { token } : undefined });
  return (await app.request(path, { headers: { host: name, ...headers } })).status;
}

describe("A request by the name", () => {
  it.each([
    "127.0.0.1:8000",
    "192.168.1.20",
    "[::1]:8000",
    "LocalHost:8000",
    "cams.localhost",
    "localhost.",
    "Cam.Example.ORG:443",
    "cam.example.org.",
  ])("%s is answered", async (name) => {
    expect(await ask(name)).toBe(200);
  });

  it.each([
    "evil.example",
    "evil.example:8000",
    "cam.example.org.evil.example",
    "localhost.evil.example",
    "user@localhost",
    "localhost/x",
    "localhost evil.example",
    "mjpgstreamer1",
    "teecam:8000",
  ])("%s is refused", async (name) => {
    expect(await ask(name)).toBe(421);
  });
});

describe("From this machine", () => {
  const remote = "127.0.0.1";

  it.each(["mjpgstreamer1", "mjpgstreamer4", "my_cams", "teecam"])("%s is a proxy's upstream", async (name) => {
    expect(await ask(name, { remote })).toBe(200);
  });

  it.each(["teecam:8000", "evil.example", "evil.example:8000", "mjpgstreamer1.evil.example"])(
    "%s may be a site's own name, which a browser here was led by",
    async (name) => {
      expect(await ask(name, { remote })).toBe(421);
    },
  );

  it("a viewer behind a proxy is not taken for somebody on this machine", async () => {
    const served = await host(["front"]);
    const sourceShown = async (field: string) => {
      const connection = raw(served.port, `GET /cameras/front HTTP/1.1\r\n${field}\r\nConnection: close\r\n\r\n`);
      await until(() => connection.isOver, "the answer is complete");
      return connection.received.includes('"source"');
    };
    expect(await sourceShown("Host: localhost")).toBe(true);
    expect(await sourceShown("Host: mjpgstreamer1")).toBe(false);
    expect(await sourceShown("Host: localhost\r\nX-Forwarded-Host: cams.lan")).toBe(false);
    await served.close();
  });
});

describe("By an unknown name", () => {
  const auth = true;

  it("probes are answered, with and without tokens", async () => {
    for (const path of ["/livez", "/readyz"]) {
      expect(await ask("teecam.cams.svc.cluster.local:8000", { path })).toBe(200);
      expect(await ask("cams.internal", { path, auth })).toBe(200);
    }
  });

  it("a request is judged by the credentials that it brings", async () => {
    const expires = Math.ceil(Date.now() / 1000) + 60;
    const query = await new TokenStore({ token }).sign({ camera: "front", right: "view", expires });
    const basic = `Basic ${btoa(`prometheus:${token}`)}`;
    expect(await ask("teecam:8000", { auth, headers: { authorization: `Bearer ${token}` } })).toBe(200);
    expect(await ask("teecam:8000", { auth, headers: { authorization: basic } })).toBe(200);
    expect(await ask("teecam:8000", { auth, path: `/cameras?${query}` })).toBe(200);
    expect(await ask("teecam:8000", { auth, headers: { authorization: "Bearer wrong-wrong" } })).toBe(401);
    expect(await ask("teecam:8000", { auth })).toBe(421);
  });

  it("credentials help nobody where none are required, as a bent name's page can make some up", async () => {
    expect(await ask("evil.example:8000", { headers: { authorization: `Bearer ${token}` } })).toBe(421);
    expect(await ask("evil.example:8000", { path: `/cameras?signature=x&token=${token}` })).toBe(421);
    expect(await ask("evil.example:8000", { headers: { cookie: "teecam-8000=x" } })).toBe(421);
  });

  it("nobody gets a form to type a token into", async () => {
    const app = createApp({ cameras: new Map(), allowHosts: [], auth: { token }, log });
    const headers = { host: "evil.example:8000", accept: "text/html" };
    const answer = await app.request("/?signature=x", { headers });
    expect([answer.status, (await answer.text()).includes("<form")]).toEqual([401, false]);
  });

  it("the refusal and the log say which name, and which option allows it", async () => {
    warnings.length = 0;
    const app = createApp({ cameras: new Map(), allowHosts: [], log });
    const { error } = (await (await app.request("/", { headers: { host: "cams.example:81" } })).json()) as {
      error: string;
    };
    expect(error).toContain('Host "cams.example:81" is not a name of this server');
    for (const option of ["--allow-host cams.example,", "TEECAM_ALLOW_HOSTS", "allow_hosts"])
      expect(error).toContain(option);
    expect(warnings.join()).toContain(error);
    for (let n = 0; n < 50; n++) await app.request("/", { headers: { host: `${"x".repeat(4000)}${n}.example` } });
    expect(warnings.length).toBeLessThan(4); // one line a second for each address
    expect(Math.max(...warnings.map((line) => line.length))).toBeLessThan(1000);
  });
});

describe("Names of the server", () => {
  it("are those of the machine on its network, whatever the network is called", () => {
    const [label = ""] = hostname().split(".");
    for (const domain of ["local", "lan", "fritz.box", "home.arpa"])
      expect(machineNames()).toContain(`${label}.${domain}`);
  });

  it("can be listed in the environment", () => {
    expect(allowedHostsOf({ TEECAM_ALLOW_HOSTS: "teecam:8000, cams.internal" })).toEqual([
      "teecam:8000",
      "cams.internal",
    ]);
    expect(allowedHostsOf({ TEECAM_ALLOW_HOSTS: "" })).toEqual([]);
    expect(allowedHostsOf({})).toEqual([]);
  });

  it("can be all below one", async () => {
    const allowHosts = ["*.ngrok.app"];
    expect(await ask("cams.ngrok.app", { allowHosts })).toBe(200);
    for (const name of ["ngrok.app", "xngrok.app", "ngrok.app.evil.example"]) {
      expect(await ask(name, { allowHosts })).toBe(421);
    }
    expect(await ask("any.example", { allowHosts: ["*"] })).toBe(200);
  });

  it("are refused at the start where they are none", () => {
    expect(() => createApp({ cameras: new Map(), allowHosts: ["http://cams.example/"] })).toThrow("without scheme");
  });
});

it.each<[host: string, status: string]>([
  ["LocalHost:8000", "200"],
  ["127.1", "200"],
  ["0x7f.1:80", "200"],
  ["[::1]:8000", "200"],
  ["a@localhost", "421"],
  ["localhost:80:80", "421"],
  ["evil.example", "421"],
  ["%6cocalhost", "200"],
])("The spelling %s of a name gets %s on every runtime", async (name, status) => {
  const served = await host([], { allowHosts: [] });
  const connection = raw(
    served.port,
    head("GET /cameras", "Connection: close").replace("Host: localhost", `Host: ${name}`),
  );
  await until(() => /^HTTP\/1.1 \d+/.test(connection.received), "it is answered");
  expect(connection.received.slice(9, 12)).toBe(status);
  await served.close();
});
