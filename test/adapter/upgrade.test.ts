import { describe, expect, it, onTestFinished } from "vitest";
import { type Host, host } from "../fixtures/host.ts";
import { head, raw, upgrade } from "../fixtures/raw.ts";
import { until } from "../fixtures/until.ts";

/** A WebSocket's ping and a text of one letter, masked with zeros. */
const ping = "\x89\x80\0\0\0\0";
const message = "\x81\x81\0\0\0\0x";

async function served(): Promise<Host> {
  const one = await host();
  onTestFinished(() => one.close());
  return one;
}

const without = (name: string) => upgrade.filter((field) => !field.startsWith(name));
const h2c = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"];

describe("An Upgrade", () => {
  it.each([
    ["to h2c", head("GET /livez", ...h2c), "HTTP/1.1 200 "],
    ["to h2c with a body", `${head("POST /frames", "Content-Length: 3", ...h2c)}abc`, "HTTP/1.1 405 "],
    ["to several", head("GET /livez", "Connection: Upgrade", "Upgrade: h2c, websocket"), "HTTP/1.1 200 "],
    ["without Connection: upgrade", head("GET /livez", "Upgrade: websocket"), "HTTP/1.1 200 "],
  ])("%s is ignored", async (_, words, expected) => {
    const one = raw((await served()).port, words);
    await until(() => one.isOver || one.received.endsWith("}"), "an answer");
    expect(one.received.slice(0, expected.length)).toBe(expected);
  });

  it.each([
    ["without a key", head("GET /ws", ...without("Sec-WebSocket-Key")), 400],
    ["with a bad key", head("GET /ws", ...without("Sec-WebSocket-Key"), "Sec-WebSocket-Key: x"), 400],
    ["with another version", head("GET /ws", ...without("Sec-WebSocket-V"), "Sec-WebSocket-Version: 8"), 426],
    ["with a bad subprotocol", head("GET /ws", ...upgrade, "Sec-WebSocket-Protocol: a b"), 400],
    ["by POST", head("POST /ws", "Content-Length: 0", ...upgrade), 405],
    ["to an invalid URL", head("GET //", ...upgrade), 400],
    ["to a URL that names a host", head("GET //evil.example/ws", "Origin: http://evil.example", ...upgrade), 400],
    ["to a URL with a scheme", head("GET http://evil.example/ws", "Origin: http://evil.example", ...upgrade), 400],
    ["without Host", head("GET /ws", ...upgrade).replace("Host: localhost\r\n", ""), 400],
    ["of what is no WebSocket", head("GET /livez", ...upgrade), 400],
    ["of a stream", head("GET /stream", ...upgrade), 400],
    ["that a proxy has cut", head("GET /ws", "Connection: close", ...without("Connection")), 426],
  ])("%s is refused in words", async (_, words, status) => {
    const one = raw((await served()).port, words);
    await until(() => one.isOver, "an answer");
    expect(one.received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*\\{"error":"Cannot upgrade: `));
  });
});

it("A WebSocket whose client sends thousands of messages at once is ended, and the one beside it goes on", async () => {
  const { port } = await served();
  const [one, beside] = [raw(port, head("GET /ws", ...upgrade)), raw(port, head("GET /ws", ...upgrade))];
  await until(() => [one, beside].every(({ received }) => received.includes("101 ")), "both are open");
  one.write(Buffer.from(message.repeat(8000), "latin1"));
  beside.write(Buffer.from(message.repeat(200) + ping, "latin1"));
  await until(() => one.isOver, "the end of the one");
  await until(() => beside.received.includes("\x8a"), "the other's pong");
  expect(beside.isOver).toBe(false);
});
