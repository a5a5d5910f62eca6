import process from "node:process";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Host, type HostOptions, host } from "../fixtures/host.ts";
import { pause } from "../fixtures/machine.ts";
import { countable, descriptors } from "../fixtures/processes.ts";
import { head, raw, upgrade } from "../fixtures/raw.ts";
import { until } from "../fixtures/until.ts";

const stallAfter = 1000;

async function served(options: HostOptions = {}): Promise<Host> {
  const one = await host([], { stallAfter, ...options });
  onTestFinished(() => one.close());
  return one;
}

const webSocket = head("GET /ws", ...upgrade);
const many = head("GET /ws", ...upgrade, "Sec-WebSocket-Protocol: teecam.v1");
const ping = (text: string) => new Uint8Array([0x89, 0x80 | text.length, 0, 0, 0, 0, ...Buffer.from(text)]);
const pong = new Uint8Array([0x8a, 0x80, 0, 0, 0, 0]);

describe("A connection", () => {
  it.each([
    ["says nothing", "", ""],
    ["trickles its headers", "GET / HTTP/1.1\r\nX: ", "x"],
    ["trickles empty lines before its request", "", "\r\n"],
    ["trickles empty lines behind an answer", head("GET /livez"), "\r\n"],
    ["trickles a body that nobody reads", head("POST /nothing", "Content-Length: 100000"), "x"],
    ["trickles a body behind a GET", head("GET /livez", "Content-Length: 100000"), "x"],
    ["is answered, and says nothing more", head("GET /livez"), ""],
    ["is a WebSocket that answers no ping", webSocket, ""],
    ["speaks teecam.v1 and answers no ping", many, ""],
  ])("that %s is ended", async (_, words, drip) => {
    const { port } = await served();
    const one = raw(port, words);
    const timer = setInterval(() => one.write(drip), stallAfter / 5);
    onTestFinished(() => clearInterval(timer));
    await until(() => one.isOver, "it is ended");
  });

  it("that is read no more is ended, whatever it was sent", async () => {
    const { port, feeds } = await served();
    await feeds[0].show({ size: 4_000_000 });
    const one = raw(port, head("GET /snapshot?max_age=1e9").repeat(20), { reads: false });
    const timer = setInterval(() => one.write("G"), stallAfter / 5);
    onTestFinished(() => clearInterval(timer));
    await until(() => one.isOver, "it is ended");
  });

  it.each([
    ["waits for the first picture of a stream", head("GET /stream"), undefined],
    ["answers the pings of a WebSocket", many, pong],
    ["pings, over a WebSocket", webSocket, ping("x")],
  ])("that %s stays", async (_, words, answer) => {
    const { port } = await served();
    const silent = raw(port, ""); // the control
    const one = raw(port, words);
    const timer = setInterval(() => answer && one.write(answer), stallAfter / 4);
    onTestFinished(() => clearInterval(timer));
    await until(() => silent.isOver, "the control is ended");
    await pause(2 * stallAfter);
    expect(one.isOver).toBe(false);
  });
});

describe("Requests on one connection", () => {
  it("are answered in order when a client sends some at once", async () => {
    const { port } = await served();
    const one = raw(port, head("GET /livez").repeat(30) + head("GET /nothing"));
    await until(() => one.received.includes(" 404 ") || one.isOver, "the last one is answered");
    expect(one.received.match(/HTTP\/1\.1 200 /g)?.length).toBeGreaterThan(10); // of what is kept
  });

  it("end it when hundreds are sent at once", async () => {
    const { port } = await served({ stallAfter: 60_000 });
    const one = raw(port, head("GET /snapshot").repeat(300)); // each waits for a picture
    await until(() => one.isOver, "it is closed");
    expect(one.received).toBe("");
  });
});

describe("When there is no room", () => {
  it("the connection that waits longest gives way", async () => {
    const { port } = await served({ connections: 4, stallAfter: 60_000 });
    const stream = raw(port, head("GET /stream"));
    const waiting = [raw(port, ""), raw(port, "GET"), raw(port, head("GET /livez"))];
    await until(() => waiting[2]?.received.includes(" 200 "), "one is answered");
    await pause(300); // who has just come may still send its request
    for (const [index, one] of waiting.entries()) {
      const late = raw(port, head("GET /livez"));
      await until(() => late.received.includes(" 200 "), "a new one is answered");
      await until(() => one.isOver, `the ${index + 1}. gives way`);
      await pause(300);
    }
    expect(stream.isOver).toBe(false);
  });

  it("and all are in use, a new one gets a 503 with Retry-After", async () => {
    const { port } = await served({ connections: 2, stallAfter: 60_000 });
    const used = [raw(port, webSocket), raw(port, head("GET /stream"))];
    await until(() => used[0]?.received.includes(" 101 "), "it is a WebSocket");
    const late = raw(port, head("GET /livez"));
    await until(() => late.isOver, "it is refused");
    expect(late.received).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 10\r\n[\s\S]*Too many connections/);
    expect(used.some(({ isOver }) => isOver)).toBe(false);
  });
});

it.runIf(countable)("Upgrades that are refused leave no descriptor, whatever the client does", async () => {
  const { port } = await served({ auth: { token: "a-long-token" }, stallAfter: 60_000 });
  const before = descriptors(process.pid);
  const refused = Array.from({ length: 50 }, () => raw(port, webSocket, { reads: false }));
  await until(() => descriptors(process.pid) >= before + 50, "they are there");
  await until(() => descriptors(process.pid) <= before + 50, "the server has none of them"); // the clients' own stay
  expect(refused).toHaveLength(50);
  const told = raw(port, webSocket);
  await until(() => told.received.startsWith("HTTP/1.1 401 ") && told.isOver, "it is told, and closed");
});
