import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { configured, instead, read, webcam } from "../../fixtures/examples.ts";
import type { Teecam } from "../../fixtures/teecam.ts";

describe("The printer's camera", () => {
  /** Asks as the proxy of the printer's computer does, and settles when `bytes` bytes have come. */
  function ask({ url }: Teecam, { path, host, bytes }: { path: string; host: string; bytes: number }) {
    return new Promise<{ status?: number; type?: string; body: Buffer }>((resolve, reject) => {
      const asked = request(`${url}${path}`, { agent: false, headers: { Host: host } }, (response) => {
        const { statusCode: status, headers } = response;
        let body = Buffer.alloc(0);
        const settle = () => resolve({ status, type: headers["content-type"], body });
        response.on("data", (chunk: Buffer) => {
          body = Buffer.concat([body, chunk]);
          if (body.length < bytes) return;
          settle();
          asked.destroy();
        });
        response.on("end", settle);
      });
      asked.on("error", reject);
      asked.end();
    });
  }

  it("is found where OctoPrint, Mainsail and Fluidd look for it", async () => {
    const text = read("printer.yaml");
    expect(text).toMatch(/^ {2}port: 8080$/m); // where the proxies of OctoPi and MainsailOS pass /webcam/ on to
    const server = await configured(instead(text, [webcam]));
    for (const host of ["octopi.local", "mainsailos.local", "fluiddpi.local", "127.0.0.1:8080"]) {
      const snapshot = await ask(server, { path: "/?action=snapshot", host, bytes: Number.POSITIVE_INFINITY });
      expect([snapshot.status, snapshot.type]).toEqual([200, "image/jpeg"]);
      expect([...snapshot.body.subarray(0, 2)]).toEqual([0xff, 0xd8]);
      const stream = await ask(server, { path: "/?action=stream", host, bytes: 50_000 });
      expect([stream.status, stream.type]).toEqual([200, expect.stringMatching(/^multipart\/x-mixed-replace/)]);
      expect(stream.body.toString("latin1").split("Content-Type: image/jpeg").length).toBeGreaterThan(2);
    }
    const other = await ask(server, { path: "/?action=snapshot", host: "elsewhere.example", bytes: 1 });
    expect(other.status).toBe(421);
  });
});
