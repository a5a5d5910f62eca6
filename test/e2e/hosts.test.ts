import { once } from "node:events";
import process from "node:process";
import { beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { picture } from "../fixtures/picture.ts";
import { freePort } from "../fixtures/ports.ts";
import { program } from "../fixtures/processes.ts";
import { head, raw, upgrade } from "../fixtures/raw.ts";
import { commandLine } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";
import { stall, watchSocket, watchStream } from "../fixtures/viewers.ts";

const isDeno = "Deno" in globalThis;
const token = "a-token-for-the-hosts";
const nodeHosts = ["node-mount", "parameters", "mounted", "http", "express", "express4", "fastify"];
const hosts = isDeno ? [...nodeHosts, "deno", "deno-serve"] : nodeHosts;

/** Starts a host of test/examples, and returns the address of teecam there, with the final slash. */
async function start(name: string, env: Record<string, string> = {}): Promise<string> {
  const file = new URL(`../examples/${name}.ts`, import.meta.url);
  const port = await freePort();
  const serve = [process.execPath, "serve", "-A", "--no-prompt", `--port=${port}`, "--host=127.0.0.1", file.pathname];
  const ran = program(name === "deno-serve" ? serve : commandLine(file), { env });
  return await until(() => {
    const [, printed] = /^(http:\S+\/)$/m.exec(ran.output()) ?? [];
    if (name !== "deno-serve") return printed;
    return ran.output().includes("Listening on") && `http://127.0.0.1:${port}/house/cams/`;
  }, `${name} listens`).catch((error) => {
    throw new Error(ran.output(), { cause: error });
  });
}

const redirect = "manual";

describe.each(hosts)("On the host %s", (name) => {
  const guards = name !== "deno" && name !== "deno-serve"; // Deno.serve guards itself
  let url = "";
  const port = () => Number(new URL(url).port);
  const path = (rest: string) => new URL(rest, url).pathname;
  const viewers = async () => {
    const { viewers } = (await (await fetch(`${url}cameras/front/viewers`)).json()) as { viewers: unknown[] };
    return viewers.length;
  };
  beforeAll(async () => {
    url = await start(name);
  });

  it("the page and its files are there, also without the final slash", async () => {
    const page = await (await fetch(url)).text();
    const [, script = ""] = /<script[^>]* src="([^"]+)"/.exec(page) ?? [];
    const file = await fetch(new URL(script, url));
    expect([file.status, await file.text()]).toEqual([200, expect.stringContaining("import")]);
    const slashless = await fetch(`${url.slice(0, -1)}?a=1`, { redirect });
    const location = new URL(slashless.headers.get("location") ?? "", url.slice(0, -1)).href;
    expect([slashless.status, location]).toEqual([301, `${url}?a=1`]);
  });

  it("the rest is the host's own", async () => {
    expect(await (await fetch(new URL("/", url))).text()).toBe("The host's own page");
    const own = new WebSocket(new URL("/echo", url.replace(/^http/, "ws")));
    await once(own, "open");
    own.send("hello");
    expect(String((await once(own, "message"))[0])).toBe("hello");
    own.close();
  });

  it("pictures come by every transport", async () => {
    const snapshot = await fetch(`${url}cameras/front/snapshot`);
    expect([snapshot.status, snapshot.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
    await snapshot.arrayBuffer();
    const stream = await watchStream(`${url}cameras/front/stream`);
    const socket = await watchSocket(`${url}cameras/front/stream`);
    await until(() => stream.seen >= 3 && socket.seen >= 3, "pictures come");
    const shared = new WebSocket(`${url.replace(/^http/, "ws")}ws`, ["other", "teecam.v1"]);
    const [hello] = await once(shared, "message");
    expect([shared.protocol, JSON.parse(String(hello)).cameras]).toEqual(["teecam.v1", ["front", "door"]]);
    shared.close();
    for (const viewer of [stream, socket]) viewer.leave();
    await until(async () => (await viewers()) === 0, "they are gone");
  });

  it("a camera can be pushed", async () => {
    const headers = { "content-type": "image/jpeg" };
    const pushed = await fetch(`${url}cameras/door/frames`, { method: "POST", headers, body: await picture(1) });
    expect([pushed.status, await pushed.text()]).toEqual([204, ""]);
  });

  it("an upgrade that cannot be one is refused in words, and ends nothing", async () => {
    const cut = upgrade.filter((field) => !field.startsWith("Connection"));
    const requests = [
      ["GET //", head("GET //", "Connection: Upgrade", "Upgrade: websocket")],
      ["without a key", head(`GET ${path("ws")}`, "Connection: Upgrade", "Upgrade: websocket")],
      ["that a proxy has cut", head(`GET ${path("ws")}`, "Connection: close", ...cut)],
      ["of a stream", head(`GET ${path("stream?frames=1")}`, ...upgrade)],
      ["of what is not there", head(`GET ${path("nothing")}`, ...upgrade)],
    ] as const;
    for (const [what, words] of requests) {
      const one = raw(port(), words);
      await until(
        () => one.isOver || /\}$|image\/jpeg|own page|Not Found$/.test(one.received.trim()),
        `${what}: an answer`,
      );
      const answer = /^HTTP\/1\.1 (4\d\d [\s\S]*\S$|200 [\s\S]*(image\/jpeg|own page))/;
      expect([what, one.received.trim()]).toEqual([what, expect.stringMatching(answer)]);
    }
    expect((await fetch(`${url}livez`)).status).toBe(200);
  });

  it.runIf(guards)("offers of other protocols are ignored", async () => {
    const h2c = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"];
    const one = raw(port(), head(`GET ${path("livez")}`, ...h2c));
    await until(() => one.received.includes('{"status":"alive"}'), "an answer");
    expect(one.received).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("a viewer that stalls is let go, and one beside it stays", async () => {
    await until(async () => (await viewers()) === 0, "those of other tests are gone");
    const socket = await stall(`${url}cameras/front/stream`);
    const beside = await watchStream(`${url}cameras/front/stream`);
    await until(async () => (await viewers()) === 2, "both are there");
    socket.pause();
    await until(async () => (await viewers()) === 1, "one is gone");
    const { seen } = beside;
    await until(() => beside.seen > seen, "the other one goes on");
    beside.leave();
  });

  it("a token given at the page leads back to it, with a cookie for it alone", async () => {
    const asks = await start(name, { TOKEN: token });
    expect((await fetch(asks)).status).toBe(401);
    const entered = await fetch(`${asks}?token=${token}`, { redirect });
    expect(new URL(entered.headers.get("location") ?? "/", asks).href).toBe(asks);
    const [cookie = ""] = entered.headers.get("set-cookie")?.split(";") ?? [];
    const own = new URL(asks).pathname.slice(0, -1); // without a path, a browser takes the folder of the address
    const [, path = own] = /; Path=([^;]+)/.exec(entered.headers.get("set-cookie") ?? "") ?? [];
    expect(path).toBe(own);
    expect((await fetch(`${asks}cameras`, { headers: { cookie } })).status).toBe(200);
  });
});
