import { expect, it } from "vitest";
import { HttpClient } from "../../../src/source/http/client.ts";
import { Connections } from "../../../src/source/http/connections.ts";
import { isLinkLocal } from "../../../src/source/http/link-local.ts";
import type { Connect } from "../../../src/source/tcp.ts";

it.each([
  ["169.254.169.254", true],
  ["::ffff:169.254.169.254", true],
  ["fe80::1%eth0", true],
  ["fd00:ec2::254", true],
  ["100.100.100.200", true],
  ["10.0.0.7", false],
  ["192.168.169.254", false],
  ["::1", false],
])("%s is link-local: %s", (address, expected) => {
  expect(isLinkLocal(address)).toBe(expected);
});

/** A network in which every name leads to an address, and each answer is a redirect to a cloud's secrets. */
function network(addresses: Record<string, string>) {
  const requests: string[] = [];
  const connect: Connect = async ({ hostname }) => ({
    remote: `${addresses[hostname]}:80`,
    readable: new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(
          new TextEncoder().encode("HTTP/1.1 302 Found\r\nLocation: http://metadata/\r\nContent-Length: 0\r\n\r\n"),
        );
      },
    }),
    writable: new WritableStream<Uint8Array>({ write: (bytes) => void requests.push(new TextDecoder().decode(bytes)) }),
  });
  return { requests, connections: new Connections({ connect, signal: new AbortController().signal }) };
}

it("A redirect to a link-local address gets no request, whatever its name, unless that is allowed", async () => {
  const { requests, connections } = network({ cam: "10.0.0.7", metadata: "169.254.169.254" });
  await expect(new HttpClient("http://cam/").get(connections)).rejects.toThrow(
    /link-local address 169.254.169.254.*allow_link_local/,
  );
  expect(requests).toHaveLength(1);
  await expect(new HttpClient("http://cam/", { allowLinkLocal: true }).get(connections)).rejects.toThrow(
    "redirects more than",
  );
});

it("A camera that is link-local itself may redirect to itself", async () => {
  const { requests, connections } = network({ metadata: "169.254.7.7" });
  await expect(new HttpClient("http://metadata/s").get(connections)).rejects.toThrow("redirects more than");
  expect(requests).toHaveLength(6);
});
